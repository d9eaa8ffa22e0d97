import { Controller, Get, Param } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiParam, ApiSchema, ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { AuditLog } from '@rookery/audit';
import { definedEvents, NotFound, Rejection } from '@rookery/domain';
import { Deliveries } from '@rookery/persistence';
import { Explain, Field, Item, RequirePermission } from '@rookery/web';

/** Maximum entries of the audit log, and maximum events. */
const MAX_ENTRIES = 500;

/** Ids of another form are replaced when a request arrives. */
const REQUEST_ID = /^[\w.-]{1,128}$/;

class LineageCommand {
  @Field.uuid({ description: 'Id of its entry in the audit log.' })
  id: string;

  @Field.text({ max: 200, description: 'Name of the command.', example: 'social.create-post' })
  action: string;

  @Field.dateTime({ description: 'When it was recorded.' })
  at: Date;

  @Field.oneOf(['done', 'rejected', 'failed'], { description: 'Outcome of the command.' })
  outcome: string;

  @Field.text({ max: 100, nullable: true, description: 'Problem code of the rejection.' })
  code: string | null;

  @Field.uuid({ nullable: true, description: 'Id of the user who performed it.' })
  actorId: string | null;

  @Field.uuid({ nullable: true, description: 'Id of the user or resource that it affected.' })
  subjectId: string | null;

  @Field.uuid({ nullable: true, description: 'Id of the event that caused it; null for the request.' })
  causationId: string | null;

  @Field.list(Item.uuid(), { max: 10_000, description: 'Ids of the events that it raised.' })
  eventIds: string[];
}

class LineageDelivery {
  @Field.text({ max: 200, description: 'Name of the subscriber.', example: 'identity.send-welcome-mail' })
  subscriber: string;

  @Field.text({ max: 100, description: 'Name of the queue.', example: 'mail' })
  queue: string;

  @Field.oneOf(['pending', 'done', 'dead', 'parked', 'discarded'], {
    name: 'DeliveryState',
    description:
      '`pending`: will run; `done`: its effect happened; `dead`: failed permanently; `parked`: no subscriber of the running build handles it; `discarded`: an operator decided that it will never run.',
  })
  state: string;

  @Field.integer({ description: 'Number of failed attempts.' })
  attempts: number;

  @Field.text({ max: 2_000, min: 0, nullable: true, description: 'Message of the last error.' })
  lastError: string | null;
}

class LineageEvent {
  @Field.uuid({ description: 'Id of the event.' })
  id: string;

  @Field.text({ max: 200, description: 'Type of the event.', example: 'identity.user-verified' })
  type: string;

  @Field.integer({ description: 'Version of the type.' })
  version: number;

  @Field.uuid({ description: 'Id of the aggregate that it is about.' })
  subject: string;

  @Field.integer({ description: 'Version of the aggregate after the event.' })
  sequence: number;

  @Field.uuid({ nullable: true, description: 'Id of the event that caused it; null for the request.' })
  causationId: string | null;

  @Field.dateTime({ description: 'When it occurred.' })
  occurredAt: Date;

  @Field.list(Item.object(() => LineageDelivery), { max: 100, description: 'Its deliveries, by subscriber.' })
  deliveries: LineageDelivery[];
}

@ApiSchema({ name: 'Lineage' })
class LineageView {
  @Field.text({ max: 128, description: 'X-Request-Id of the request.' })
  correlationId: string;

  @Field.list(Item.object(() => LineageCommand), { max: MAX_ENTRIES, description: 'Commands, oldest first.' })
  commands: LineageCommand[];

  @Field.list(Item.object(() => LineageEvent), {
    max: MAX_ENTRIES,
    description: 'Events that are still stored, oldest first.',
  })
  events: LineageEvent[];

  @Field.boolean({
    description: `Whether there are more than ${MAX_ENTRIES} entries or events, of which this contains the oldest.`,
  })
  truncated: boolean;
}

export class ReadLineage extends Query<LineageView> {
  constructor(readonly correlationId: string) {
    super();
  }
}

@ApiTags('Queues')
@Controller('admin/lineage')
export class ReadLineageRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':correlationId')
  @RequirePermission('ops:read')
  @ApiParam({
    name: 'correlationId',
    description: '`X-Request-Id` of the request.',
    example: '01890000-0000-7000-8000-000000000000',
    schema: { type: 'string', maxLength: 128 },
  })
  @Explain({
    operationId: 'getLineage',
    summary: 'Read everything that a request caused',
    description:
      'Commands, events and deliveries, including those that subscribers caused. Delivered events are stored for 7 days, commands forever. Clients choose their `X-Request-Id`: several requests can have the same.',
    ok: { type: LineageView },
    rejects: [NotFound],
  })
  async read(@Param('correlationId') correlationId: string): Promise<LineageView> {
    if (!REQUEST_ID.test(correlationId)) throw new Rejection(NotFound);
    return this.queries.execute(new ReadLineage(correlationId));
  }
}

@QueryHandler(ReadLineage)
export class ReadLineageHandler implements IQueryHandler<ReadLineage> {
  constructor(
    private readonly auditLog: AuditLog,
    private readonly deliveries: Deliveries,
  ) {}

  async execute({ correlationId }: ReadLineage): Promise<LineageView> {
    const entries = await this.auditLog.caused(correlationId, MAX_ENTRIES + 1);
    if (entries.length === 0) throw new Rejection(NotFound);
    const eventIds = entries.slice(0, MAX_ENTRIES).flatMap((entry) => entry.eventIds);
    const events = await this.deliveries.ofEvents(eventIds.slice(0, MAX_ENTRIES));
    // An event that no command raised has an entry of its own, named after its type.
    const types = new Set(definedEvents().map(({ type }) => type));
    return {
      correlationId,
      commands: entries
        .slice(0, MAX_ENTRIES)
        .filter(({ action }) => !types.has(action))
        .map(({ id, action, at, outcome, code, actorId, subjectId, causationId, eventIds: raised }) => ({
          id,
          action,
          at,
          outcome,
          code,
          actorId,
          subjectId,
          causationId,
          eventIds: raised,
        })),
      events,
      truncated: entries.length > MAX_ENTRIES || eventIds.length > MAX_ENTRIES,
    };
  }
}
