import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { MAX_UUID, NotFound } from '@rookery/domain';
import { DeadDeliveries, jobIdOf } from '@rookery/messaging';
import type { DeadDelivery, DeadPosition } from '@rookery/persistence';
import { Explain, Field, type Keyset, ListQuery, type Page, paged, RequirePermission } from '@rookery/web';
import { QueueParam } from '../../services/path-params';
import { EnvelopeView } from '../../views/envelope';

class FailedDeliveryQuery extends ListQuery {
  @Field.text({
    max: 200,
    optional: true,
    description: 'Only deliveries of this subscriber, and of its previous names.',
    example: 'identity.send-verification-mail',
  })
  subscriber?: string;
}

@ApiSchema({ name: 'FailedDelivery' })
class FailedDeliveryView {
  @Field.text({ max: 240, description: 'Id of the delivery: the ids of event and subscriber.' })
  id: string;

  @Field.text({ max: 100, description: 'Name of its queue.', example: 'mail' })
  queue: string;

  @Field.text({
    max: 200,
    description: 'Name of the subscriber that failed.',
    example: 'identity.send-verification-mail',
  })
  subscriber: string;

  @Field.text({ max: 2_000, min: 0, description: 'Message of the last error.' })
  reason: string;

  @Field.integer({ description: 'Number of failed attempts.' })
  attempts: number;

  @Field.text({ max: 8_000, min: 0, nullable: true, description: 'Stack of the last error.' })
  stack: string | null;

  @Field.dateTime({ description: 'When it failed permanently.' })
  failedAt: Date;

  @Field.object(() => EnvelopeView, { description: 'The event.' })
  envelope: EnvelopeView;
}

type Dead = DeadDelivery & { diedAt: string };

const NEWEST_DEAD: Keyset<Dead, DeadPosition> = {
  first: ['infinity', MAX_UUID, ''],
  of: ({ diedAt, eventId, subscriber }) => [diedAt, eventId, subscriber],
};

export class ListFailedDeliveries extends Query<Page<FailedDeliveryView>> {
  constructor(
    readonly queue: string,
    readonly query: FailedDeliveryQuery,
  ) {
    super();
  }
}

@ApiTags('Queues')
@Controller('admin/queues/:queue/failed')
export class ListFailedDeliveriesRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @RequirePermission('ops:read')
  @Explain({
    operationId: 'listFailedDeliveries',
    summary: 'List failed deliveries of a queue',
    description:
      'Events that a subscriber could not handle, after its last attempt, newest failure first. They stay here until somebody retries or discards them.',
    ok: { list: FailedDeliveryView },
    rejects: [NotFound],
  })
  list(
    @QueueParam() queue: string,
    @QueryString() query: FailedDeliveryQuery,
  ): Promise<Page<FailedDeliveryView>> {
    return this.queries.execute(new ListFailedDeliveries(queue, query));
  }
}

@QueryHandler(ListFailedDeliveries)
export class ListFailedDeliveriesHandler implements IQueryHandler<ListFailedDeliveries> {
  constructor(private readonly dead: DeadDeliveries) {}

  async execute({ queue, query }: ListFailedDeliveries): Promise<Page<FailedDeliveryView>> {
    const list = `failed:${queue}:${query.subscriber ?? ''}`;
    const { data, page } = await paged(query, list, NEWEST_DEAD, (before, limit) =>
      this.dead.newest(queue, query.subscriber, before, limit),
    );
    return { data: data.map(viewOf), page };
  }
}

function viewOf({
  queue,
  subscriber,
  reason,
  attempts,
  stack,
  failedAt,
  envelope,
  eventId,
}: Dead): FailedDeliveryView {
  return {
    id: jobIdOf({ eventId, subscriber }),
    queue,
    subscriber,
    reason,
    attempts,
    stack,
    failedAt,
    envelope: envelope as unknown as EnvelopeView,
  };
}
