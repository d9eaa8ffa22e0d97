import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { AuditLog, AuditTrail } from '@rookery/audit';
import { BY_ID, Explain, Field, Item, ListQuery, type Page, paged, RequirePermission } from '@rookery/web';

const LIST = 'audit';

class AuditQuery extends ListQuery {
  @Field.uuid({ optional: true, description: 'Id of the user who performed the action.' })
  actor?: string;

  @Field.uuid({ optional: true, description: 'Id of the user or resource that the action affected.' })
  subject?: string;

  @Field.text({ max: 100, optional: true, description: 'The action.', example: 'identity.log-in' })
  action?: string;

  @Field.dateTime({ optional: true, description: 'At or after this time.' })
  since?: string;

  @Field.dateTime({ optional: true, description: 'Before this time.' })
  until?: string;
}

@ApiSchema({ name: 'AuditEntry' })
class AuditEntryView {
  @Field.uuid({ description: 'Id of the entry.' })
  id: string;

  @Field.dateTime({ description: 'When it was recorded.' })
  at: Date;

  @Field.text({
    max: 200,
    description: 'The action: the name of a command, or of an event that no command caused.',
  })
  action: string;

  @Field.uuid({
    nullable: true,
    description:
      'Id of the user who performed the action; null for the system and for callers who were not signed in.',
  })
  actorId: string | null;

  @Field.uuid({ nullable: true, description: 'Id of the user or resource that the action affected.' })
  subjectId: string | null;

  @Field.oneOf(['done', 'rejected', 'failed'], { description: 'Outcome of the action.' })
  outcome: string;

  @Field.text({
    max: 100,
    nullable: true,
    description: 'Problem code of the rejection.',
    example: 'identity.bad-credentials',
  })
  code: string | null;

  @Field.json({ description: 'Recorded fields of the command.' })
  details: Record<string, unknown>;

  @Field.list(Item.uuid(), { max: 10_000, description: 'Ids of the events it raised.' })
  eventIds: string[];

  @Field.text({ max: 128, nullable: true, description: 'X-Request-Id of the request that caused it.' })
  correlationId: string | null;

  @Field.uuid({ nullable: true, description: 'Id of the event that caused it.' })
  causationId: string | null;

  @Field.text({ max: 45, nullable: true, description: 'IP address; removed after the retention period.' })
  ip: string | null;

  @Field.text({
    max: 64,
    nullable: true,
    description: 'SHA-256 hash of the User-Agent; removed after the retention period.',
  })
  userAgentHash: string | null;

  @Field.integer({
    nullable: true,
    description: 'Position in the hash chain; null until the entry is sealed.',
  })
  position: number | null;
}

export class ReadAudit extends Query<Page<AuditEntryView>> {
  constructor(readonly query: AuditQuery) {
    super();
  }
}

@ApiTags('Administration')
@Controller('admin/audit')
export class ReadAuditRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @RequirePermission('ops:read')
  @Explain({
    operationId: 'listAudit',
    summary: 'Read the audit log',
    description: 'Newest first. Filters can be combined.',
    ok: { list: AuditEntryView },
  })
  read(@QueryString() query: AuditQuery): Promise<Page<AuditEntryView>> {
    return this.queries.execute(new ReadAudit(query));
  }
}

@QueryHandler(ReadAudit)
export class ReadAuditHandler implements IQueryHandler<ReadAudit> {
  constructor(
    private readonly auditLog: AuditLog,
    private readonly trail: AuditTrail,
  ) {}

  async execute({ query }: ReadAudit): Promise<Page<AuditEntryView>> {
    const { actor, subject, action, since, until } = query;
    const filter = {
      actorId: actor ?? null,
      subjectId: subject ?? null,
      actions: action === undefined ? null : this.trail.namesOf(action),
      since: since ?? null,
      until: until ?? null,
    };
    return paged(query, LIST, BY_ID, ([before], limit) => this.auditLog.entries(filter, before, limit));
  }
}
