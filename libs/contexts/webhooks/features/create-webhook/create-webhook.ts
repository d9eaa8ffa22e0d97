import { Body, Controller, Post, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, newId, NotFound, Rejection } from '@rookery/domain';
import {
  type Caller,
  CurrentCaller,
  defineRatePolicy,
  Explain,
  Field,
  NeverStored,
  OutlivesSession,
  RateLimit,
} from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { TooManyWebhooks, UrlBlocked } from '../../model/rejections';
import { Webhook, type WebhookDraft } from '../../model/webhook';
import { Owners } from '../../services/owners';
import { WebhookSecrets } from '../../services/secrets';
import { UrlCheck } from '../../services/url-check';
import { WebhookSettings } from '../../settings';
import { Webhooks } from '../../storage/webhooks';
import { WEBHOOK, WebhookView, WebhookViews } from '../../views/webhook';

const CREATION = defineRatePolicy('webhook-create', {
  quota: '20/60',
  per: ['account'],
  doc: 'Creating webhooks, per account.',
});

class WebhookCreate {
  @Field.url(WEBHOOK.url)
  url: string;

  @Field.list(WEBHOOK.event, WEBHOOK.events)
  events: string[];

  @Field.boolean({ ...WEBHOOK.ordered, default: false })
  ordered = false;

  @Field.boolean({ ...WEBHOOK.active, default: true })
  active = true;
}

@ApiSchema({ name: 'CreatedWebhook' })
class CreatedWebhook extends WebhookView {
  @Field.text({
    max: 60,
    description: 'The secret that signs the requests. It is shown only once.',
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
  })
  secret: string;
}

@Audited('webhooks.create-webhook')
export class CreateWebhook extends Command<CreatedWebhook> {
  constructor(
    readonly ownerId: string,
    readonly draft: WebhookDraft,
  ) {
    super();
  }
}

@ApiTags('Webhooks')
@Controller('webhooks')
export class CreateWebhookRoute {
  constructor(private readonly commands: Commands) {}

  @OutlivesSession()
  @Post()
  @NeverStored()
  @RateLimit(CREATION)
  @Explain({
    operationId: 'createWebhook',
    summary: 'Create a webhook',
    description:
      'New events of the given types that concern you are sent to the URL. Requests are signed as described by Standard Webhooks. docs/guides/webhooks.md shows how to receive them.',
    ok: { status: 201, type: CreatedWebhook, headers: { Location: 'URL of the webhook.' } },
    rejects: [NotFound, TooManyWebhooks, UrlBlocked],
  })
  async create(
    @Body() { url, events, ordered, active }: WebhookCreate,
    @CurrentCaller() { userId }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreatedWebhook> {
    const webhook = await this.commands.execute(new CreateWebhook(userId, { url, events, ordered, active }));
    reply.header('location', `/v1/webhooks/${webhook.id}`);
    return webhook;
  }
}

@CommandHandler(CreateWebhook)
export class CreateWebhookHandler implements ICommandHandler<CreateWebhook> {
  constructor(
    private readonly clock: Clock,
    private readonly owners: Owners,
    private readonly secrets: WebhookSecrets,
    private readonly settings: WebhookSettings,
    private readonly urls: UrlCheck,
    private readonly views: WebhookViews,
    private readonly webhooks: Webhooks,
  ) {}

  async execute({ ownerId, draft }: CreateWebhook): Promise<CreatedWebhook> {
    this.urls.verify(draft.url);
    await this.owners.lock(ownerId);
    if ((await this.webhooks.countOf(ownerId)) >= this.settings.maxPerUser)
      throw new Rejection(TooManyWebhooks);
    const id = newId();
    const { secret, sealed } = this.secrets.create(id);
    await this.webhooks.save(Webhook.create(id, ownerId, draft, sealed, this.clock.now()));
    const view = await this.views.get(id, ownerId);
    return Object.assign(view, { secret });
  }
}
