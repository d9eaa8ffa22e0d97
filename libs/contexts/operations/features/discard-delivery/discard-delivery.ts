import { Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound } from '@rookery/domain';
import { DeadDeliveries } from '@rookery/messaging';
import type { DeliveryKey } from '@rookery/persistence';
import { Explain, Fresh, RequirePermission } from '@rookery/web';
import { DeliveryNotFailed } from '../../model/rejections';
import { DeliveryParam, QueueParam } from '../../services/path-params';
import { DecidedDelivery, decidedDelivery } from '../../views/decided-delivery';

@Audited<DiscardDelivery>('operations.discard-delivery', {
  record: ['queue', 'subscriber', 'eventId'],
  subject: ({ eventId }) => eventId,
})
export class DiscardDelivery extends Command<DecidedDelivery> {
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
@Controller('admin/queues/:queue/failed/:id/discard')
export class DiscardDeliveryRoute {
  constructor(private readonly commands: Commands) {}

  @Post()
  @Fresh()
  @RequirePermission('ops:write')
  @Explain({
    operationId: 'discardDelivery',
    summary: 'Discard a failed delivery',
    description:
      'The delivery will never run. If its subscriber gets the events of a resource in order, it gets the later ones now. Requires a fresh sign-in, within the last 15 minutes.',
    ok: { type: DecidedDelivery },
    rejects: [NotFound, DeliveryNotFailed],
  })
  discard(@QueueParam() queue: string, @DeliveryParam() key: DeliveryKey): Promise<DecidedDelivery> {
    return this.commands.execute(new DiscardDelivery(queue, key));
  }
}

@CommandHandler(DiscardDelivery)
export class DiscardDeliveryHandler implements ICommandHandler<DiscardDelivery> {
  constructor(private readonly dead: DeadDeliveries) {}

  async execute({ queue, eventId, subscriber }: DiscardDelivery): Promise<DecidedDelivery> {
    const key = { eventId, subscriber };
    return decidedDelivery(await this.dead.discard(queue, key), queue, key, 'discarded');
  }
}
