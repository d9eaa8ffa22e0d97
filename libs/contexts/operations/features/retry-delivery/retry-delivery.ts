import { Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound } from '@rookery/domain';
import { DeadDeliveries } from '@rookery/messaging';
import type { DeliveryKey } from '@rookery/persistence';
import { Explain, RequirePermission } from '@rookery/web';
import { DeliveryNotFailed } from '../../model/rejections';
import { DeliveryParam, QueueParam } from '../../services/path-params';
import { DecidedDelivery, decidedDelivery } from '../../views/decided-delivery';

@Audited<RetryDelivery>('operations.retry-delivery', {
  record: ['queue', 'subscriber', 'eventId'],
  subject: ({ eventId }) => eventId,
})
export class RetryDelivery extends Command<DecidedDelivery> {
  readonly eventId: string;
  readonly subscriber: string;

  constructor(
    readonly queue: string,
    key: DeliveryKey,
  ) {
    super();
    this.eventId = key.eventId;
    this.subscriber = key.subscriber;
  }
}

@ApiTags('Queues')
@Controller('admin/queues/:queue/failed/:id/retry')
export class RetryDeliveryRoute {
  constructor(private readonly commands: Commands) {}

  @Post()
  @RequirePermission('ops:write')
  @Explain({
    operationId: 'retryDelivery',
    summary: 'Retry a failed delivery',
    description:
      'The delivery gets all its attempts again. An effect in the database does not happen twice; a mail or a webhook can be sent twice, with the same id. Fix the cause first.',
    ok: { status: 202, type: DecidedDelivery },
    rejects: [NotFound, DeliveryNotFailed],
  })
  retry(@QueueParam() queue: string, @DeliveryParam() key: DeliveryKey): Promise<DecidedDelivery> {
    return this.commands.execute(new RetryDelivery(queue, key));
  }
}

@CommandHandler(RetryDelivery)
export class RetryDeliveryHandler implements ICommandHandler<RetryDelivery> {
  constructor(private readonly dead: DeadDeliveries) {}

  async execute({ queue, eventId, subscriber }: RetryDelivery): Promise<DecidedDelivery> {
    const key = { eventId, subscriber };
    return decidedDelivery(await this.dead.retry(queue, key), queue, key, 'pending');
  }
}
