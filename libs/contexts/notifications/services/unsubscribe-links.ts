import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { MasterKey } from '@rookery/settings';
import { WebSettings } from '@rookery/web';
import { type KindName, KIND_NAMES } from '../model/kinds';

/** Mails to turn off: those of a kind, or digests. */
export type Unwanted = KindName | 'digest';

const MAC_BYTES = 16;

/** Links in mails that turn off a kind of mail without signing in. They never expire and can do nothing else. */
@Injectable()
export class UnsubscribeLinks {
  private readonly key = new MasterKey().derive('unsubscribe');

  constructor(private readonly settings: WebSettings) {}

  /** @returns the URL for a one-click POST, and the URL of a page with a button */
  of(userId: string, what: Unwanted): { post: string; page: string } {
    const token = this.token(userId, what);
    const { publicUrl } = this.settings;
    return {
      post: `${publicUrl}/v1/mail/unsubscribe/${token}`,
      page: `${publicUrl}/unsubscribe?token=${token}`,
    };
  }

  /** @returns what a token turns off, and for which user; undefined if the token is invalid */
  read(token: string): { userId: string; what: Unwanted } | undefined {
    const bytes = Buffer.from(token, 'base64url');
    const text = bytes.subarray(MAC_BYTES).toString('utf8');
    const mac = bytes.subarray(0, MAC_BYTES);
    if (mac.length !== MAC_BYTES || !timingSafeEqual(mac, this.mac(text))) return undefined;
    const [userId = '', what = ''] = text.split(' ');
    const known = what === 'digest' ? what : KIND_NAMES.find((kind) => kind === what);
    return known && { userId, what: known };
  }

  private token(userId: string, what: Unwanted): string {
    const text = `${userId} ${what}`;
    return Buffer.concat([this.mac(text), Buffer.from(text)]).toString('base64url');
  }

  private mac(text: string): Buffer {
    return createHmac('sha256', this.key).update(text).digest().subarray(0, MAC_BYTES);
  }
}
