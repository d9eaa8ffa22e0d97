import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { type EventOf, NotFound } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { Outbox } from '@rookery/persistence';
import { LogRemovalContinued, WebhookDeleted } from '../../events';
import { WebhookDeliveries } from '../../storage/deliveries';
import { Webhooks } from '../../storage/webhooks';

const BATCH_SIZE = 1_000;

@Audited('webhooks.delete-webhook')
export class DeleteWebhook extends Command<void> {
  constructor(
    readonly id: string,
    readonly ownerId: string,
  ) {
    super();
  }
}

@ApiTags('Webhooks')
@Controller('webhooks')
export class DeleteWebhookRoute {
  constructor(private readonly commands: Commands) {}

  @Delete(':id')
  @Explain({
    operationId: 'deleteWebhook',
    summary: 'Delete a webhook',
    description: 'No more requests are sent, including retries. The log of its deliveries is deleted.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  delete(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new DeleteWebhook(id, userId));
  }
}

@CommandHandler(DeleteWebhook)
export class DeleteWebhookHandler implements ICommandHandler<DeleteWebhook> {
  constructor(private readonly webhooks: Webhooks) {}

  async execute({ id, ownerId }: DeleteWebhook): Promise<void> {
    const webhook = await this.webhooks.getOwnLocked(id, ownerId);
    webhook.delete();
    await this.webhooks.remove(webhook);
  }
}

const REMOVALS = [WebhookDeleted, LogRemovalContinued];

/**
 * Deletes the log of a deleted webhook, and the jobs of its pending deliveries. The log can be long, so each batch is a
 * transaction of its own.
 */
@Subscriber('webhooks.delete-log', REMOVALS, { queue: Queues.personalData })
export class DeleteLog implements Handles<(typeof REMOVALS)[number]> {
  constructor(
    private readonly deliveries: WebhookDeliveries,
    private readonly outbox: Outbox,
  ) {}

  async handle({ subject, sequence }: EventOf<(typeof REMOVALS)[number]>): Promise<void> {
    if ((await this.deliveries.removeOf(subject, BATCH_SIZE)) < BATCH_SIZE) return;
    const next = { definition: LogRemovalContinued, subject, sequence: sequence + 1, data: {} };
    await this.outbox.append([next]);
  }
}
