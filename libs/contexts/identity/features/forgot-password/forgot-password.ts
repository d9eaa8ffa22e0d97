import { Body, Controller, Ip, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, type EventOf, newId } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Outbox } from '@rookery/persistence';
import { Explain, Field, Public, RateLimit, RatePolicies } from '@rookery/web';
import { StoredKnownClients } from '../../services/known-clients';
import { PasswordResets } from '../../services/password-resets';
import { PasswordForgotten } from '../../events';
import { MailQuotas } from '../../storage/mail-quotas';
import { Users } from '../../storage/users';

class ForgotPasswordRequest {
  @Field.email({ description: 'E-mail address of the account.', example: 'ada@example.com' })
  email: string;
}

@Audited('identity.forget-password')
export class ForgetPassword extends Command<void> {
  constructor(
    readonly email: string,
    /** Client address. */
    readonly ip: string,
  ) {
    super();
  }
}

@ApiTags('Auth')
@Controller('auth/password/forgot')
export class ForgotPasswordRoute {
  constructor(private readonly commands: Commands) {}

  @Public()
  @Post()
  @RateLimit(RatePolicies.password)
  @Explain({
    operationId: 'forgotPassword',
    summary: 'Request a password reset link',
    description:
      'The response is the same for every address. If the address has an account, a mail with a link is sent. The link works once, for an hour. A second mail is sent after a minute at the earliest, further mails at growing intervals, at most five per day. Networks from which somebody has already signed in to the account have a separate limit of the same size.',
    ok: { status: 202 },
  })
  forget(@Body() { email }: ForgotPasswordRequest, @Ip() ip: string): Promise<void> {
    return this.commands.execute(new ForgetPassword(email, ip));
  }
}

/** Only stores the request: the worker checks whether the address is known, so the response cannot reveal it. */
@CommandHandler(ForgetPassword)
export class ForgetPasswordHandler implements ICommandHandler<ForgetPassword> {
  constructor(
    private readonly clients: StoredKnownClients,
    private readonly outbox: Outbox,
  ) {}

  async execute({ email, ip }: ForgetPassword): Promise<void> {
    const fromKnownNetwork = (await this.clients.shareOf(email, { ip })) !== undefined;
    await this.outbox.append([
      { definition: PasswordForgotten, subject: newId(), sequence: 1, data: { email, fromKnownNetwork } },
    ]);
  }
}

/** Requests the mail if the address has an account, active or pending. */
@Subscriber('identity.request-password-reset', PasswordForgotten, { queue: Queues.projections })
export class RequestPasswordReset implements Handles<typeof PasswordForgotten> {
  constructor(
    private readonly clock: Clock,
    private readonly quotas: MailQuotas,
    private readonly resets: PasswordResets,
    private readonly users: Users,
  ) {}

  async handle({ data }: EventOf<typeof PasswordForgotten>): Promise<void> {
    const { email, fromKnownNetwork } = data;
    const now = this.clock.now();
    await this.users.lockAddress(email);
    const user = await this.users.find({ email });
    if (!user?.mayBeSentReset(now)) return;
    const kind = fromKnownNetwork ? 'password-reset-known-network' : 'password-reset';
    if (!(await this.quotas.take(email, kind))) return;
    await this.resets.begin(user, now);
  }
}
