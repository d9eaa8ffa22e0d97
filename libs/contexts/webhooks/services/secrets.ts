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
   * @param sealed valid secrets of the webhook, encrypted
   * @param timestamp seconds since 1970
   * @returns the value of the header `webhook-signature`: one signature for each secret
   */
  sign(
    webhookId: string,
    sealed: readonly Buffer[],
    { id, timestamp, body }: { id: string; timestamp: number; body: string },
  ): string {
    return sealed
      .map((each) => unseal(this.key, each, Buffer.from(webhookId)))
      .map((secret) => createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64'))
      .map((signature) => `v1,${signature}`)
      .join(' ');
  }
}
