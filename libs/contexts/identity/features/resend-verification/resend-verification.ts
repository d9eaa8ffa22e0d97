import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, type EventOf, newId } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Outbox } from '@rookery/persistence';
import { Explain, Field, Public, RateLimit, RatePolicies } from '@rookery/web';
import { Registrations } from '../../services/registrations';
import { VerificationCodes } from '../../services/verification-codes';
import { ResendRequested } from '../../events';
import { Decoys } from '../../storage/decoys';
import { Users } from '../../storage/users';

class ResendVerificationRequest {
  @Field.email({ description: 'E-mail address that was registered.', example: 'ada@example.com' })
  email: string;
}

@Audited('identity.resend-verification')
export class ResendVerification extends Command<void> {
  constructor(readonly email: string) {
    super();
  }
}

@ApiTags('Auth')
@Controller('auth/verify/resend')
export class ResendVerificationRoute {
  constructor(private readonly commands: Commands) {}

  @RateLimit(RatePolicies.otp)
  @Public()
  @Post()
  @Explain({
    operationId: 'resendVerification',
    summary: 'Resend the verification mail',
    description:
      'The response is the same for every address. Five more codes can be tried, at most once every 50 seconds, even if no mail is sent: then the code of the last mail remains valid. A second mail is sent after a minute at the earliest, further mails at growing intervals, at most five per day.',
    ok: { status: 202 },
  })
  resend(@Body() { email }: ResendVerificationRequest): Promise<void> {
    return this.commands.execute(new ResendVerification(email));
  }
}

/** Only stores the request: the worker checks whether the address is known, so the response cannot reveal it. */
@CommandHandler(ResendVerification)
export class ResendVerificationHandler implements ICommandHandler<ResendVerification> {
  constructor(
    private readonly codes: VerificationCodes,
    private readonly outbox: Outbox,
  ) {}

  async execute({ email }: ResendVerification): Promise<void> {
    await this.codes.ensureAvailable();
    await this.outbox.append([
      { definition: ResendRequested, subject: newId(), sequence: 1, data: { email } },
    ]);
  }
}

/**
 * Resets the attempts for codes, for any address: they must not depend on whether another mail can be sent. Then requests
 * another mail if the address has a pending registration, or a decoy.
 */
@Subscriber('identity.request-verification', ResendRequested, { queue: Queues.projections })
export class RequestVerification implements Handles<typeof ResendRequested> {
  constructor(
    private readonly clock: Clock,
    private readonly codes: VerificationCodes,
    private readonly decoys: Decoys,
    private readonly registrations: Registrations,
    private readonly users: Users,
  ) {}

  async handle({ data: { email } }: EventOf<typeof ResendRequested>): Promise<void> {
    const now = this.clock.now();
    await this.users.lockAddress(email);
    await this.codes.allowAgain(email);
    const user = await this.users.find({ email });
    const decoy = await this.decoys.find({ email });
    if (user?.pending) await this.registrations.mailAgain(user, now);
    else if (decoy) await this.registrations.repeat(decoy, now);
  }
}
