import { Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, newId, NotFound } from '@rookery/domain';
import {
  type Caller,
  CurrentCaller,
  defineRatePolicy,
  Explain,
  Field,
  RateLimit,
  UuidParam,
} from '@rookery/web';
import { PING } from '../../offered-events';
import { WebhookDeliveries } from '../../storage/deliveries';
import { Webhooks } from '../../storage/webhooks';

/** Limited, because each ping makes this server send a request to a URL that a user chose. */
const PINGS = defineRatePolicy('webhook-ping', {
  quota: '10/60',
  per: ['account'],
  doc: 'Sending test requests to webhooks, per account.',
});

@ApiSchema({ name: 'WebhookPing' })
class Ping {
  @Field.uuid({ description: 'Id of the delivery in the log.' })
  deliveryId: string;
}

@Audited('webhooks.ping-webhook')
export class PingWebhook extends Command<Ping> {
  constructor(
    readonly id: string,
    readonly ownerId: string,
  ) {
    super();
  }
}

@ApiTags('Webhooks')
@Controller('webhooks')
export class PingWebhookRoute {
  constructor(private readonly commands: Commands) {}

  @Post(':id/ping')
  @RateLimit(PINGS)
  @Explain({
    operationId: 'pingWebhook',
    summary: 'Test a webhook',
    description: `Sends a delivery of type \`${PING}\`, even if the webhook is not active. The log shows the outcome.`,
    ok: { status: 202, type: Ping },
    rejects: [NotFound],
  })
  ping(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<Ping> {
    return this.commands.execute(new PingWebhook(id, userId));
  }
}

@CommandHandler(PingWebhook)
export class PingWebhookHandler implements ICommandHandler<PingWebhook> {
  constructor(
    private readonly clock: Clock,
    private readonly deliveries: WebhookDeliveries,
    private readonly webhooks: Webhooks,
  ) {}

  async execute({ id: webhookId, ownerId }: PingWebhook): Promise<Ping> {
    await this.webhooks.getOwnLocked(webhookId, ownerId);
    const eventId = newId();
    const timestamp = this.clock.now().toISOString();
    const [deliveryId] = await this.deliveries.add([
      {
        webhookId,
        ownerId,
        eventId,
        eventType: PING,
        subject: eventId,
        sequence: 1,
        body: JSON.stringify({ type: PING, version: 1, id: eventId, timestamp, data: { webhookId } }),
        about: [],
        workspaceId: null,
        status: 'pending',
      },
    ]);
    return { deliveryId: deliveryId! };
  }
}
