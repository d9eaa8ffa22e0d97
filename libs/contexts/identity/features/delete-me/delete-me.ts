import { Controller, Delete, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, Rejection } from '@rookery/domain';
import { Schedule, type Scheduled } from '@rookery/messaging';
import { type Caller, CurrentCaller, Explain } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { locationOf, OperationView, viewOf } from '../../access/operation-view';
import { SessionWatch } from '../../access/session-watch';
import { Operation } from '../../model/operation';
import { AccountGone } from '../../model/rejections';
import { IdentitySettings } from '../../settings';
import { Operations } from '../../storage/operations';
import { Sessions } from '../../storage/sessions';
import { Users } from '../../storage/users';

/** Most erasures that are begun in one go. */
const BEGUN_AT_ONCE = 100;

@Audited<DeleteMe>({ subject: ({ userId }) => userId })
export class DeleteMe extends Command<Operation> {
  constructor(
    readonly userId: string,
    readonly sessionId: string | null,
  ) {
    super();
  }
}

@ApiTags('Identity')
@Controller('me')
export class DeleteMeRoute {
  constructor(
    private readonly commands: Commands,
    private readonly settings: IdentitySettings,
  ) {}

  @Delete()
  @Explain({
    operationId: 'deleteMe',
    summary: 'Delete the own account',
    description:
      'Hides the account at once: nobody finds it, nobody signs in to it, and its tokens stop working within five seconds. Everything about it is erased when the grace period, 30 days, is over.',
    ok: { status: 202, type: OperationView, headers: { Location: 'The operation that erases.' } },
    rejects: [AccountGone],
  })
  async delete(
    @CurrentCaller() { userId, sessionId }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperationView> {
    const operation = await this.commands.execute(new DeleteMe(userId, sessionId));
    reply.header('location', locationOf(operation.id));
    return viewOf(operation, this.settings.exportTtlSeconds);
  }
}

/** Asking twice is no error: whoever's first answer was lost gets the same operation. */
@CommandHandler(DeleteMe)
export class DeleteMeHandler implements ICommandHandler<DeleteMe> {
  constructor(
    private readonly clock: Clock,
    private readonly operations: Operations,
    private readonly sessions: Sessions,
    private readonly settings: IdentitySettings,
    private readonly users: Users,
    private readonly watch: SessionWatch,
  ) {}

  async execute({ userId, sessionId }: DeleteMe): Promise<Operation> {
    const open = await this.operations.openOf(userId, 'erasure');
    if (open) return open;
    const user = await this.users.find({ id: userId });
    if (!user || user.deleted) throw new Rejection(AccountGone);
    const now = this.clock.now();
    const eraseAfter = new Date(now.getTime() + this.settings.erasureGraceSeconds * 1_000);
    user.delete(eraseAfter);
    await this.users.save(user);
    await this.sessions.revokeAll(userId, 'account-deleted');
    if (sessionId) this.watch.forget(sessionId);
    const operation = Operation.request('erasure', userId, now, eraseAfter);
    await this.operations.save(operation);
    return operation;
  }
}

/** Lets the erasures begin whose grace period is over. */
@Schedule({ everySeconds: 5 })
export class BeginErasures implements Scheduled {
  constructor(private readonly operations: Operations) {}

  async run(): Promise<void> {
    for (const id of await this.operations.dueErasures(BEGUN_AT_ONCE)) {
      const operation = await this.operations.get(id);
      operation.goOn();
      await this.operations.save(operation);
    }
  }
}
