import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { Backlog } from '@rookery/messaging';
import { Explain, Field, RequirePermission } from '@rookery/web';

class OpenDeliveries {
  @Field.integer({ description: 'Deliveries that will run, now or later.' })
  pending: number;

  @Field.integer({ description: 'Deliveries whose subscriber is not in the running build.' })
  parked: number;

  @Field.integer({
    description:
      'Deliveries that failed permanently, until somebody retries or discards them. See `listFailedDeliveries`.',
  })
  dead: number;
}

@ApiSchema({ name: 'Outbox' })
class OutboxView {
  @Field.integer({ description: 'Stored events that are not yet on the queues of their subscribers.' })
  unpublished: number;

  @Field.number({ description: 'Age of the oldest of them in seconds; 0 if there is none.' })
  oldestSeconds: number;

  @Field.object(() => OpenDeliveries, { description: 'Unfinished deliveries, of all queues.' })
  deliveries: OpenDeliveries;
}

export class ReadOutbox extends Query<OutboxView> {}

@ApiTags('Queues')
@Controller('admin/outbox')
export class ReadOutboxRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @RequirePermission('ops:read')
  @Explain({
    operationId: 'getOutbox',
    summary: 'Read the state of the outbox',
    description:
      'Events are stored with the change that they describe, and put on the queues within a second. If `oldestSeconds` grows, no worker publishes events.',
    ok: { type: OutboxView },
  })
  read(): Promise<OutboxView> {
    return this.queries.execute(new ReadOutbox());
  }
}

@QueryHandler(ReadOutbox)
export class ReadOutboxHandler implements IQueryHandler<ReadOutbox> {
  constructor(private readonly backlog: Backlog) {}

  async execute(): Promise<OutboxView> {
    const { outbox, deliveries } = await this.backlog.measure();
    const open: OpenDeliveries = { pending: 0, parked: 0, dead: 0 };
    for (const { state, count } of deliveries) open[state as keyof OpenDeliveries] += count;
    return { unpublished: outbox.events, oldestSeconds: outbox.oldestSeconds, deliveries: open };
  }
}
