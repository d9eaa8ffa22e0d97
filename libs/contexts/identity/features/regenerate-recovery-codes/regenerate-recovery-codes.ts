import { Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Fresh, NeverStored } from '@rookery/web';
import { hashRecoveryCode, newRecoveryCodes, RecoveryCodes } from '../../services/recovery-codes';
import { AccountGone, TotpNotEnrolled } from '../../model/rejections';
import { SecondFactors } from '../../storage/second-factors';
import { Users } from '../../storage/users';

@Audited('identity.regenerate-recovery-codes')
export class RegenerateRecoveryCodes extends Command<RecoveryCodes> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Second factor')
@Controller('auth/recovery-codes')
export class RegenerateRecoveryCodesRoute {
  constructor(private readonly commands: Commands) {}

  @Fresh()
  @Post()
  @NeverStored()
  @Explain({
    operationId: 'regenerateRecoveryCodes',
    summary: 'Get new recovery codes',
    description: 'Replaces all earlier recovery codes.',
    ok: { status: 201, type: RecoveryCodes },
    rejects: [AccountGone, TotpNotEnrolled],
  })
  regenerate(@CurrentCaller() { userId }: Caller): Promise<RecoveryCodes> {
    return this.commands.execute(new RegenerateRecoveryCodes(userId));
  }
}

@CommandHandler(RegenerateRecoveryCodes)
export class RegenerateRecoveryCodesHandler implements ICommandHandler<RegenerateRecoveryCodes> {
  constructor(
    private readonly secondFactors: SecondFactors,
    private readonly users: Users,
  ) {}

  async execute({ userId }: RegenerateRecoveryCodes): Promise<RecoveryCodes> {
    await this.users.lockOwn(userId); // before the second factor, in the same order as enrolling or removing one
    const factor = await this.secondFactors.lock(userId);
    if (!factor?.enrolled) throw new Rejection(TotpNotEnrolled);
    const recoveryCodes = newRecoveryCodes();
    await this.secondFactors.replaceRecoveryCodes(userId, recoveryCodes.map(hashRecoveryCode));
    return { recoveryCodes };
  }
}
