import { createHash, createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { MasterKey } from '@rookery/settings';

/**
 * The tokens of invites, derived from their ids: the event contains no secret, and a mail that is sent twice has the same
 * link. Only the hash of a token is stored. Addresses for counting mails are stored as keyed hashes.
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
