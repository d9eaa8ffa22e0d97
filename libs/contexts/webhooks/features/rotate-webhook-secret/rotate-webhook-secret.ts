import { Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import {
  type Caller,
  CurrentCaller,
  Explain,
  Field,
  NeverStored,
  OutlivesSession,
  UuidParam,
} from '@rookery/web';
import { WebhookSecrets } from '../../services/secrets';
import { WebhookSettings } from '../../settings';
import { Webhooks } from '../../storage/webhooks';

@ApiSchema({ name: 'RotatedWebhookSecret' })
class RotatedSecret {
  @Field.text({
    max: 60,
    description: 'The new secret. It is shown only once.',
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
  })
  secret: string;

  @Field.dateTime({ description: 'Until when requests are also signed with the previous secret.' })
  previousSecretExpiresAt: Date;
}

@Audited('webhooks.rotate-secret')
export class RotateWebhookSecret extends Command<RotatedSecret> {
  constructor(
    readonly id: string,
    readonly ownerId: string,
  ) {
    super();
  }
}

@ApiTags('Webhooks')
@Controller('webhooks')
export class RotateWebhookSecretRoute {
  constructor(private readonly commands: Commands) {}

  @OutlivesSession()
  @Post(':id/rotate-secret')
  @NeverStored()
  @Explain({
    operationId: 'rotateWebhookSecret',
    summary: 'Rotate the secret of a webhook',
    description:
      'Requests are signed with the new secret immediately. Until `previousSecretExpiresAt` they are also signed with the previous secret: the header `webhook-signature` then has two signatures. Rotating again invalidates the older secret. If a secret has leaked, rotate twice.',
    ok: { type: RotatedSecret },
    rejects: [NotFound],
  })
  rotate(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<RotatedSecret> {
    return this.commands.execute(new RotateWebhookSecret(id, userId));
  }
}

@CommandHandler(RotateWebhookSecret)
export class RotateWebhookSecretHandler implements ICommandHandler<RotateWebhookSecret> {
  constructor(
    private readonly clock: Clock,
    private readonly secrets: WebhookSecrets,
    private readonly settings: WebhookSettings,
    private readonly webhooks: Webhooks,
  ) {}

  async execute({ id, ownerId }: RotateWebhookSecret): Promise<RotatedSecret> {
    const webhook = await this.webhooks.getOwnLocked(id, ownerId);
    const { secret, sealed } = this.secrets.create(id);
    const now = this.clock.now();
    const previousSecretExpiresAt = new Date(now.getTime() + this.settings.secretOverlapSeconds * 1_000);
    webhook.rotateSecret(sealed, previousSecretExpiresAt, now);
    await this.webhooks.save(webhook);
    return { secret, previousSecretExpiresAt };
  }
}
