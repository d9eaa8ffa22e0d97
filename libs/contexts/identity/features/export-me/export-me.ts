import { Controller, Post, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { type Caller, CurrentCaller, Explain } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { locationOf, Operations, OperationView } from '../../../operations/contract';
import { AccountGone } from '../../model/rejections';
import { Users } from '../../storage/users';

@Audited<ExportMe>('identity.export-me', { subject: ({ userId }) => userId })
export class ExportMe extends Command<OperationView> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Account')
@Controller('me/exports')
export class ExportMeRoute {
  constructor(private readonly commands: Commands) {}

  @Post()
  @Explain({
    operationId: 'exportMe',
    summary: 'Export your data',
    description:
      'You can have one export at a time, and one per day. Another request returns the same operation, unless it failed. The result is kept for a week.',
    ok: { status: 202, type: OperationView, headers: { Location: 'URL of the export operation.' } },
    rejects: [AccountGone],
  })
  async export(
    @CurrentCaller() { userId }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperationView> {
    const operation = await this.commands.execute(new ExportMe(userId));
    reply.header('location', locationOf(operation.id));
    return operation;
  }
}

@CommandHandler(ExportMe)
export class ExportMeHandler implements ICommandHandler<ExportMe> {
  constructor(
    private readonly operations: Operations,
    private readonly users: Users,
  ) {}

  async execute({ userId }: ExportMe): Promise<OperationView> {
    const recent = await this.operations.recentExportOf(userId);
    if (recent) return recent;
    await this.users.lockOwn(userId);
    return this.operations.start('export', userId);
  }
}
