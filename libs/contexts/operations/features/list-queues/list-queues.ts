import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { DependencyUnavailable, Rejection } from '@rookery/domain';
import { Backlog, declaredQueues, Dispatch, type QueueDefinition } from '@rookery/messaging';
import { Explain, Field, type Keyset, ListQuery, type Page, paged, RequirePermission } from '@rookery/web';

const LIST = 'queues';

@ApiSchema({ name: 'Queue' })
class QueueView {
  @Field.text({ max: 100, description: 'Name of the queue.', example: 'mail' })
  name: string;

  @Field.oneOf(['critical', 'default', 'low'], {
    name: 'QueueClass',
    description: 'How urgent its work is: decides how many of its jobs a worker runs at once.',
  })
  class: string;

  @Field.integer({ description: 'Jobs that can run now, or when the queue is resumed.' })
  waiting: number;

  @Field.integer({ description: 'Jobs that are running.' })
  active: number;

  @Field.integer({ description: 'Jobs that wait for their next attempt.' })
  delayed: number;

  @Field.integer({
    description:
      'Deliveries that failed permanently, until somebody retries or discards them. See `listFailedDeliveries`.',
  })
  failed: number;

  @Field.boolean({ description: 'Whether the queue is paused: its jobs wait until it is resumed.' })
  paused: boolean;
}

const BY_NAME: Keyset<{ name: string }, readonly [name: string]> = {
  first: [''],
  of: ({ name }) => [name],
};

export class ListQueues extends Query<Page<QueueView>> {
  constructor(readonly page: ListQuery) {
    super();
  }
}

@ApiTags('Queues')
@Controller('admin/queues')
export class ListQueuesRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @RequirePermission('ops:read')
  @Explain({
    operationId: 'listQueues',
    summary: 'List the queues',
    description:
      'By name. `failed` and `paused` come from the database. The other numbers come from Redis, and are 0 for a moment after Redis has lost its data.',
    ok: { list: QueueView },
  })
  list(@QueryString() page: ListQuery): Promise<Page<QueueView>> {
    return this.queries.execute(new ListQueues(page));
  }
}

@QueryHandler(ListQueues)
export class ListQueuesHandler implements IQueryHandler<ListQueues> {
  constructor(
    private readonly backlog: Backlog,
    private readonly dispatch: Dispatch,
  ) {}

  async execute({ page }: ListQueues): Promise<Page<QueueView>> {
    return paged(page, LIST, BY_NAME, ([after], limit) => {
      const queues = declaredQueues().filter(({ name }) => name.localeCompare(after) > 0);
      return this.rowsOf(queues.slice(0, limit));
    });
  }

  /** The number of statements does not depend on the number of queues. */
  private async rowsOf(queues: readonly QueueDefinition[]): Promise<QueueView[]> {
    const [counts, { deliveries, paused }] = await Promise.all([
      this.dispatch.counts(queues.map(({ name }) => name)).catch(() => {
        throw new Rejection(DependencyUnavailable);
      }),
      this.backlog.measure(),
    ]);
    const dead = new Map(
      deliveries.filter(({ state }) => state === 'dead').map(({ queue, count }) => [queue, count]),
    );
    return queues.map(({ name, class: urgency }, index) => ({
      name,
      class: urgency,
      ...counts[index]!,
      failed: dead.get(name) ?? 0,
      paused: paused.has(name),
    }));
  }
}
