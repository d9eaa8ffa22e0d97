import { createHash, createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { MasterKey } from '@rookery/settings';

/**
 * The tokens of invites, derived from their ids: nothing secret is stored with the event, and a mail that is sent twice
 * has the same link. Of a token only the hash is stored, and of an address to count mails by only a keyed one.
 */
@Injectable()
export class InviteSecrets {
  private readonly tokens: Buffer;
  private readonly addresses: Buffer;

  constructor(master: MasterKey) {
    this.tokens = master.derive('workspace-invites');
    this.addresses = master.derive('workspace-invite-addresses');
  }

  /** @returns 256 bits, base64url */
  tokenOf(inviteId: string): string {
    return createHmac('sha256', this.tokens).update(inviteId).digest('base64url');
  }

  hashOf(token: string): Buffer {
    return createHash('sha256').update(token).digest();
  }

  markOf(email: string): Buffer {
    return createHmac('sha256', this.addresses).update(email).digest();
  }
}
