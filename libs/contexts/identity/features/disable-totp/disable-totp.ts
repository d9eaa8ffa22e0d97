import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { type Caller, CurrentCaller, Explain, Fresh } from '@rookery/web';
import { TotpNotEnrolled } from '../../model/rejections';
import { SecondFactors } from '../../storage/second-factors';
import { Users } from '../../storage/users';

@Audited('identity.disable-totp')
export class DisableTotp extends Command<void> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Second factor')
@Controller('auth/totp')
export class DisableTotpRoute {
  constructor(private readonly commands: Commands) {}

  @Fresh()
  @Delete()
  @Explain({
    operationId: 'disableTotp',
    summary: 'Remove the authenticator app',
    description:
      'Signing in then requires the password only. The recovery codes become invalid. No session ends.',
    ok: { status: 204 },
    rejects: [TotpNotEnrolled],
  })
  disable(@CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new DisableTotp(userId));
  }
}

@CommandHandler(DisableTotp)
export class DisableTotpHandler implements ICommandHandler<DisableTotp> {
  constructor(
    private readonly secondFactors: SecondFactors,
    private readonly users: Users,
  ) {}

  async execute({ userId }: DisableTotp): Promise<void> {
    const user = await this.users.lockOwn(userId);
    user.disableMfa();
    await this.users.save(user);
    await this.secondFactors.remove(userId);
  }
}
