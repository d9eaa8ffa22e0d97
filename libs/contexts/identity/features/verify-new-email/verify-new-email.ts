import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, RateLimit, RatePolicies, Versioned } from '@rookery/web';
import { AccountView } from '../../views/account';
import { Addresses } from '../../services/addresses';
import { OwnAccounts } from '../../services/own-accounts';
import { newAddressOf, VerificationCodes } from '../../services/verification-codes';
import { CodeExpired, CodeInvalid } from '../../model/rejections';
import { type EmailChange, EmailChanges } from '../../storage/email-changes';
import { PasswordResetLinks } from '../../storage/password-reset-links';
import { Users } from '../../storage/users';

class NewEmailVerification {
  @Field.text({
    min: 6,
    max: 6,
    pattern: /^\d{6}$/,
    description: 'The six digits from the mail to the new address.',
    example: '042137',
  })
  code: string;
}

@Audited('identity.verify-new-email')
export class VerifyNewEmail extends Command<AccountView> {
  constructor(
    readonly userId: string,
    readonly code: string,
  ) {
    super();
  }
}

@ApiTags('Account')
@Controller('me/email/verify')
export class VerifyNewEmailRoute {
  constructor(private readonly commands: Commands) {}

  @RateLimit(RatePolicies.otp)
  @Versioned()
  @Post()
  @Explain({
    operationId: 'verifyNewEmail',
    summary: 'Verify your new e-mail address with the code',
    description:
      'Afterwards you sign in with the new address instead of the old one. Password reset links that were sent to the old address no longer work. The code expires after five wrong attempts or 10 minutes. For 3 days, the link in the mail to the old address undoes the change, and nobody else can use the old address.',
    ok: { type: AccountView },
    rejects: [CodeInvalid, CodeExpired],
  })
  verify(@Body() { code }: NewEmailVerification, @CurrentCaller() { userId }: Caller): Promise<AccountView> {
    return this.commands.execute(new VerifyNewEmail(userId, code));
  }
}

@CommandHandler(VerifyNewEmail)
export class VerifyNewEmailHandler implements ICommandHandler<VerifyNewEmail> {
  constructor(
    private readonly accounts: OwnAccounts,
    private readonly addresses: Addresses,
    private readonly changes: EmailChanges,
    private readonly codes: VerificationCodes,
    private readonly links: PasswordResetLinks,
    private readonly users: Users,
  ) {}

  async execute({ userId, code }: VerifyNewEmail): Promise<AccountView> {
    const changeId = await this.codes.redeem(newAddressOf(userId), code);
    const { newEmail } = await this.pending(userId, changeId);
    // The address before the account, in the same order as everywhere.
    await this.users.lockAddress(newEmail);
    const user = await this.users.lockOwn(userId);
    const { oldEmail } = await this.pending(userId, changeId);
    if (user.email !== oldEmail) throw new Rejection(CodeExpired);
    // Of two accounts that verify one address the second gets the same response as for a code that is too old.
    if (!(await this.addresses.claim(newEmail, userId, 'verified-by-another-account')))
      throw new Rejection(CodeExpired);
    user.changeEmail(newEmail, changeId);
    await this.users.save(user);
    await this.changes.verify(changeId);
    await this.links.removeAll(userId);
    return this.accounts.get(userId);
  }

  private async pending(userId: string, changeId: string): Promise<EmailChange> {
    const change = await this.changes.findPending(userId);
    if (change?.id !== changeId) throw new Rejection(CodeExpired);
    return change;
  }
}
