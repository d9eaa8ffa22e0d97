import { Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, defineRatePolicy, Explain, RateLimit, UuidParam } from '@rookery/web';
import { DeliveryPending, WebhookInactive } from '../../model/rejections';
import { WebhookDeliveries } from '../../storage/deliveries';
import { Webhooks } from '../../storage/webhooks';

const REDELIVERIES = defineRatePolicy('webhook-redeliver', {
  quota: '60/60',
  per: ['account'],
  doc: 'Sending deliveries of webhooks again, per account.',
});

@Audited<RedeliverWebhook>('webhooks.redeliver', {
  record: ['webhookId'],
  subject: ({ deliveryId }) => deliveryId,
})
export class RedeliverWebhook extends Command<void> {
  constructor(
    readonly webhookId: string,
    readonly deliveryId: string,
    readonly ownerId: string,
  ) {
    super();
  }
}

@ApiTags('Webhooks')
@Controller('webhooks')
export class RedeliverWebhookRoute {
  constructor(private readonly commands: Commands) {}

  @Post(':id/deliveries/:deliveryId/redeliver')
  @RateLimit(REDELIVERIES)
  @Explain({
    operationId: 'redeliverWebhook',
    summary: 'Send a delivery again',
    description:
      'Sends a finished delivery again, whether it was delivered or not, with the same `webhook-id` and body. Failures are retried as usual.',
    ok: { status: 202 },
    rejects: [NotFound, DeliveryPending, WebhookInactive],
  })
  redeliver(
    @UuidParam() id: string,
    @UuidParam('deliveryId') deliveryId: string,
    @CurrentCaller() { userId }: Caller,
  ): Promise<void> {
    return this.commands.execute(new RedeliverWebhook(id, deliveryId, userId));
  }
}

@CommandHandler(RedeliverWebhook)
export class RedeliverWebhookHandler implements ICommandHandler<RedeliverWebhook> {
  constructor(
    private readonly deliveries: WebhookDeliveries,
    private readonly webhooks: Webhooks,
  ) {}

  async execute({ webhookId, deliveryId, ownerId }: RedeliverWebhook): Promise<void> {
    const webhook = await this.webhooks.getOwnLocked(webhookId, ownerId);
    await this.deliveries.sendAgain(webhookId, deliveryId);
    if (!webhook.active) throw new Rejection(WebhookInactive);
  }
}
