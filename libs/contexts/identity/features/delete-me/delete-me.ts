import { Controller, Delete, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands, PersonalDataOfAll } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Fresh } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { locationOf, Operations, OperationView } from '../../../operations/contract';
import { AccountGone, LastAdmin } from '../../model/rejections';
import { IdentitySettings } from '../../settings';
import { PasswordResetLinks } from '../../storage/password-reset-links';
import { Roles } from '../../storage/roles';
import { Sessions } from '../../storage/sessions';
import { Users } from '../../storage/users';

@Audited<DeleteMe>('identity.delete-me', { subject: ({ userId }) => userId })
export class DeleteMe extends Command<OperationView> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Account')
@Controller('me')
export class DeleteMeRoute {
  constructor(private readonly commands: Commands) {}

  @Fresh()
  @Delete()
  @Explain({
    operationId: 'deleteMe',
    summary: 'Delete your account',
    description:
      'Hides the account immediately: nobody can find it or sign in to it, and its tokens stop working within five seconds. The deletion is final: it cannot be undone, and signing in does not restore the account. The owner gets a mail. All its data is erased after a grace period of 30 days.',
    ok: { status: 202, type: OperationView, headers: { Location: 'URL of the erasure operation.' } },
    rejects: [AccountGone, LastAdmin],
  })
  async delete(
    @CurrentCaller() { userId }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperationView> {
    const operation = await this.commands.execute(new DeleteMe(userId));
    reply.header('location', locationOf(operation.id));
    return operation;
  }
}

/** Asking twice is not an error: if the first response was lost, the same operation is returned. */
@CommandHandler(DeleteMe)
export class DeleteMeHandler implements ICommandHandler<DeleteMe> {
  constructor(
    private readonly clock: Clock,
    private readonly links: PasswordResetLinks,
    private readonly operations: Operations,
    private readonly personalData: PersonalDataOfAll,
    private readonly roles: Roles,
    private readonly sessions: Sessions,
    private readonly settings: IdentitySettings,
    private readonly users: Users,
  ) {}

  async execute({ userId }: DeleteMe): Promise<OperationView> {
    const open = await this.operations.openErasureOf(userId);
    if (open) return open;
    await this.roles.lock(); // before the account, in the same order as assigning a role
    const user = await this.users.lockOwn(userId);
    const eraseAfter = new Date(this.clock.now().getTime() + this.settings.erasureGraceSeconds * 1_000);
    user.delete(eraseAfter, await this.roles.otherAdminThan(userId));
    await this.users.save(user);
    for (const { data } of this.personalData.holders()) await data.hide?.(userId);
    await this.sessions.revokeAll(userId, 'account-deleted');
    await this.links.removeAll(userId);
    return this.operations.start('erasure', userId, eraseAfter);
  }
}
