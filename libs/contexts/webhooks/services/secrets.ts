import { createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { seal, unseal } from '@rookery/application';
import { MasterKey } from '@rookery/settings';

const SECRET_BYTES = 32;

/** Secrets of webhooks, and the signatures made with them (Standard Webhooks). They are encrypted at rest. */
@Injectable()
export class WebhookSecrets {
  private readonly key: Buffer;

  constructor(master: MasterKey) {
    this.key = master.derive('webhook-secrets');
  }

  /**
   * @param webhookId the secret can be decrypted only for this webhook
   * @returns a new secret, once in the form shown to the owner and once encrypted
   */
  create(webhookId: string): { secret: string; sealed: Buffer } {
    const bytes = randomBytes(SECRET_BYTES);
    return {
      secret: `whsec_${bytes.toString('base64')}`,
      sealed: seal(this.key, bytes, Buffer.from(webhookId)),
    };
  }

  /**
   * @param sealed valid secrets of the webhook, encrypted. Those of another master key are left out, so that a webhook
   *   works as soon as its secret was rotated
   * @param timestamp seconds since 1970
   * @returns the value of the header `webhook-signature`: one signature for each secret
   * @throws Error if no secret can be decrypted
   */
  sign(
    webhookId: string,
    sealed: readonly Buffer[],
    { id, timestamp, body }: { id: string; timestamp: number; body: string },
  ): string {
    const secrets = sealed.flatMap((each) => this.read(webhookId, each));
    if (secrets.length === 0)
      throw new Error('MASTER_KEY is not the one that encrypted the secret of this webhook.');
    return secrets
      .map((secret) => createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64'))
      .map((signature) => `v1,${signature}`)
      .join(' ');
  }

  private read(webhookId: string, sealed: Buffer): Buffer[] {
    try {
      return [unseal(this.key, sealed, Buffer.from(webhookId))];
    } catch {
      return [];
    }
  }
}
