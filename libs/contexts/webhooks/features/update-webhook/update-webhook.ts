import { Body, Controller, Patch } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, OutlivesSession, UuidParam } from '@rookery/web';
import { UrlBlocked } from '../../model/rejections';
import type { WebhookDraft } from '../../model/webhook';
import { Owners } from '../../services/owners';
import { UrlCheck } from '../../services/url-check';
import { Webhooks } from '../../storage/webhooks';
import { WEBHOOK, WebhookView, WebhookViews } from '../../views/webhook';

class WebhookUpdate {
  @Field.url({ ...WEBHOOK.url, optional: true })
  url?: string;

  @Field.list(WEBHOOK.event, { ...WEBHOOK.events, optional: true })
  events?: string[];

  @Field.boolean({ ...WEBHOOK.ordered, optional: true })
  ordered?: boolean;

  @Field.boolean({ ...WEBHOOK.active, optional: true })
  active?: boolean;
}

@Audited('webhooks.update-webhook')
export class UpdateWebhook extends Command<WebhookView> {
  constructor(
    readonly id: string,
    readonly ownerId: string,
    readonly changes: Partial<WebhookDraft>,
  ) {
    super();
  }
}

@ApiTags('Webhooks')
@Controller('webhooks')
export class UpdateWebhookRoute {
  constructor(private readonly commands: Commands) {}

  @OutlivesSession()
  @Patch(':id')
  @Explain({
    operationId: 'updateWebhook',
    summary: 'Change a webhook',
    description:
      'Omitted fields do not change. `active: true` also activates a disabled webhook and resets its failures. The secret does not change: rotate it if the new URL belongs to somebody else.',
    ok: { type: WebhookView },
    rejects: [NotFound, UrlBlocked],
  })
  update(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @Body() { url, events, ordered, active }: WebhookUpdate,
  ): Promise<WebhookView> {
    return this.commands.execute(new UpdateWebhook(id, userId, { url, events, ordered, active }));
  }
}

@CommandHandler(UpdateWebhook)
export class UpdateWebhookHandler implements ICommandHandler<UpdateWebhook> {
  constructor(
    private readonly clock: Clock,
    private readonly owners: Owners,
    private readonly urls: UrlCheck,
    private readonly views: WebhookViews,
    private readonly webhooks: Webhooks,
  ) {}

  async execute({ id, ownerId, changes }: UpdateWebhook): Promise<WebhookView> {
    await this.owners.lock(ownerId);
    const webhook = await this.webhooks.getOwnLocked(id, ownerId);
    if (changes.url !== undefined) this.urls.verify(changes.url);
    if (webhook.update(changes, this.clock.now())) await this.webhooks.save(webhook);
    if (changes.active || changes.url !== undefined) await this.webhooks.resetFailures(id);
    return this.views.get(id, ownerId);
  }
}
