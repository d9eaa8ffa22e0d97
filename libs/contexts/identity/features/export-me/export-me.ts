import { Controller, Post, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock } from '@rookery/domain';
import { Schedule, type Scheduled } from '@rookery/messaging';
import { type Caller, CurrentCaller, Explain } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { locationOf, OperationView, viewOf } from '../../views/operation';
import { Operation, type OperationState } from '../../model/operation';
import { AccountGone } from '../../model/rejections';
import { IdentitySettings } from '../../settings';
import { Operations } from '../../storage/operations';
import { Users } from '../../storage/users';

/** Seconds for which whoever asks again gets the same export. */
const INTERVAL_SECONDS = 86_400;

@Audited<ExportMe>('identity.export-me', { subject: ({ userId }) => userId })
export class ExportMe extends Command<OperationState> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Account')
@Controller('me/exports')
export class ExportMeRoute {
  constructor(
    private readonly commands: Commands,
    private readonly settings: IdentitySettings,
  ) {}

  @Post()
  @Explain({
    operationId: 'exportMe',
    summary: 'Export your data',
    description:
      'One export at a time, and one per day: another request returns the same operation, unless it failed. The result is kept for a week.',
    ok: { status: 202, type: OperationView, headers: { Location: 'URL of the export operation.' } },
    rejects: [AccountGone],
  })
  async export(
    @CurrentCaller() { userId }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperationView> {
    const operation = await this.commands.execute(new ExportMe(userId));
    reply.header('location', locationOf(operation.id));
    return viewOf(operation, this.settings.exportTtlSeconds);
  }
}

@CommandHandler(ExportMe)
export class ExportMeHandler implements ICommandHandler<ExportMe> {
  constructor(
    private readonly clock: Clock,
    private readonly operations: Operations,
    private readonly settings: IdentitySettings,
    private readonly users: Users,
  ) {}

  async execute({ userId }: ExportMe): Promise<OperationState> {
    const { exportTtlSeconds } = this.settings;
    const recent = await this.operations.recentExportOf(userId, INTERVAL_SECONDS, exportTtlSeconds);
    if (recent) return recent.snapshot();
    await this.users.lockOwn(userId);
    const operation = Operation.request('export', userId, this.clock.now());
    await this.operations.save(operation);
    return operation.snapshot();
  }
}

/** Forgets exports that nobody can download any more. */
@Schedule('identity.remove-old-exports', { everySeconds: 60, formerly: ['identity.RemoveOldExports'] })
export class RemoveOldExports implements Scheduled {
  constructor(
    private readonly operations: Operations,
    private readonly settings: IdentitySettings,
  ) {}

  async run(): Promise<void> {
    await this.operations.removeOldPages(this.settings.exportTtlSeconds);
  }
}
