import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound, Rejection } from '@rookery/domain';
import { Redrives, Subscribers } from '@rookery/messaging';
import { defineRatePolicy, Explain, Field, Fresh, RateLimit, RequirePermission } from '@rookery/web';
import { SubscriberUnknown } from '../../model/rejections';
import { QueueParam } from '../../services/path-params';

const REDRIVE = defineRatePolicy('redrive', {
  quota: '10/60',
  per: ['account'],
  doc: 'Requests to redrive failed deliveries, per account.',
});

class RedriveRequest {
  @Field.text({
    max: 200,
    optional: true,
    description:
      'Only deliveries of this subscriber, and of its previous names; all of the queue by default.',
    example: 'identity.send-verification-mail',
  })
  subscriber?: string;
}

class StartedRedrive {
  @Field.uuid({ description: 'Id of the redrive.' })
  id: string;

  @Field.text({ max: 100, description: 'Name of the queue.', example: 'mail' })
  queue: string;

  @Field.text({ max: 200, nullable: true, description: 'The subscriber; null for all.' })
  subscriber: string | null;

  @Field.integer({ description: 'Number of deliveries that will be retried; 100000 if there are more.' })
  deliveries: number;
}

@Audited<RedriveQueue>('operations.redrive-queue', { record: ['queue', 'subscriber'] })
export class RedriveQueue extends Command<StartedRedrive> {
  constructor(
    readonly queue: string,
    readonly subscriber: string | null,
  ) {
    super();
  }
}

@ApiTags('Queues')
@Controller('admin/queues/:queue/redrive')
export class RedriveQueueRoute {
  constructor(private readonly commands: Commands) {}

  @Post()
  @Fresh()
  @RateLimit(REDRIVE)
  @RequirePermission('ops:write')
  @Explain({
    operationId: 'redriveQueue',
    summary: 'Retry all failed deliveries of a queue',
    description:
      'Workers retry all deliveries that have failed until now, 500 a second, as `retryDelivery` does for one; `failed` of `listQueues` shows what is left. Deliveries that fail again stay failed. Requires a fresh sign-in, within the last 15 minutes.',
    ok: { status: 202, type: StartedRedrive },
    rejects: [NotFound, SubscriberUnknown],
  })
  redrive(@QueueParam() queue: string, @Body() { subscriber }: RedriveRequest): Promise<StartedRedrive> {
    return this.commands.execute(new RedriveQueue(queue, subscriber ?? null));
  }
}

@CommandHandler(RedriveQueue)
export class RedriveQueueHandler implements ICommandHandler<RedriveQueue> {
  constructor(
    private readonly redrives: Redrives,
    private readonly subscribers: Subscribers,
  ) {}

  async execute({ queue, subscriber }: RedriveQueue): Promise<StartedRedrive> {
    const started = await this.redrives.request(queue, subscriber);
    // One that was removed, or has moved to another queue, can still have deliveries here.
    if (subscriber !== null && started.deliveries === 0 && !this.subscribers.get(subscriber))
      throw new Rejection(SubscriberUnknown);
    return { queue, subscriber, ...started };
  }
}
