import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound, Rejection } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { OperationView, viewOf } from '../../views/operation';
import type { OperationState } from '../../model/operation';
import { OperationsSettings } from '../../settings';

export class ReadOperation extends Query<OperationView> {
  constructor(
    readonly userId: string,
    readonly operationId: string,
  ) {
    super();
  }
}

@ApiTags('Operations')
@Controller('operations')
export class ReadOperationRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id')
  @Explain({
    operationId: 'getOperation',
    summary: 'Read the status of one of your operations',
    description: 'Poll this until `status` is `succeeded` or `failed`.',
    ok: { type: OperationView },
    rejects: [NotFound],
  })
  read(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<OperationView> {
    return this.queries.execute(new ReadOperation(userId, id));
  }
}

@QueryHandler(ReadOperation)
export class ReadOperationHandler implements IQueryHandler<ReadOperation> {
  constructor(
    private readonly settings: OperationsSettings,
    private readonly sql: Sql,
  ) {}

  async execute({ userId, operationId }: ReadOperation): Promise<OperationView> {
    const row = await this.sql.row<OperationState & Record<string, unknown>>(
      `SELECT id, version, kind, status, progress, receipt, finished_at AS "finishedAt"
       FROM operations.operations WHERE id = $1 AND user_id = $2`,
      [operationId, userId],
    );
    if (!row) throw new Rejection(NotFound);
    return viewOf(row, this.settings.exportTtlSeconds);
  }
}
