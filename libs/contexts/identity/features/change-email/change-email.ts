import { Body, Controller, Put } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { newId } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, Fresh, RateLimit, RatePolicies } from '@rookery/web';
import { newAddressOf, VerificationCodes } from '../../services/verification-codes';
import { VerificationSecrets } from '../../services/verification-secrets';
import { AccountGone } from '../../model/rejections';
import { EmailChanges } from '../../storage/email-changes';
import { MailQuotas } from '../../storage/mail-quotas';
import { Users } from '../../storage/users';

class EmailChangeRequest {
  @Field.email({ description: 'The new e-mail address.', example: 'ada@example.org' })
  email: string;
}

@Audited('identity.change-email')
export class ChangeEmail extends Command<void> {
  constructor(
    readonly userId: string,
    readonly email: string,
  ) {
    super();
  }
}

@ApiTags('Account')
@Controller('me/email')
export class ChangeEmailRoute {
  constructor(private readonly commands: Commands) {}

  @Fresh()
  @RateLimit(RatePolicies.otp)
  @Put()
  @Explain({
    operationId: 'changeEmail',
    summary: 'Change your e-mail address',
    description:
      'Sends a six-digit code to the new address. The address changes when you send the code to POST /v1/me/email/verify. The response is the same if the address has an account: its owner then gets a mail about it. The old address gets a mail with a link that undoes the change for 3 days. A new request replaces the previous one, and your current address cancels it. The code can be sent again after a minute at the earliest, then at growing intervals, at most five times per day.',
    ok: { status: 202 },
    rejects: [AccountGone],
  })
  change(@Body() { email }: EmailChangeRequest, @CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new ChangeEmail(userId, email));
  }
}

/** Only stores the request: the worker checks whether the address is free, so neither response nor time can reveal it. */
@CommandHandler(ChangeEmail)
export class ChangeEmailHandler implements ICommandHandler<ChangeEmail> {
  constructor(
    private readonly changes: EmailChanges,
    private readonly codes: VerificationCodes,
    private readonly quotas: MailQuotas,
    private readonly secrets: VerificationSecrets,
    private readonly users: Users,
  ) {}

  async execute({ userId, email }: ChangeEmail): Promise<void> {
    await this.codes.ensureAvailable();
    const user = await this.users.lockOwn(userId);
    const { email: oldEmail } = user;
    if (email === oldEmail) return this.changes.cancelPending(userId);
    const pending = await this.changes.findPending(userId);
    // Its code remains valid until another one can be sent.
    if (pending?.newEmail === email && !(await this.quotas.isOpen(email, 'email-change'))) return;
    const id = newId();
    await this.changes.add({ id, userId, oldEmail, newEmail: email }, this.secrets.undoToken(id));
    user.requestEmailChange(id);
    await this.users.save(user);
    await this.codes.announce(newAddressOf(userId), id);
  }
}
