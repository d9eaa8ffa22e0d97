import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { MasterKey } from '@rookery/settings';

/** What a derived key is for; one purpose's key says nothing about another's. */
type Purpose =
  | 'verification-code'
  | 'verification-link'
  | 'code-pepper'
  | 'signing-keys'
  | 'refresh-token'
  | 'password-reset-link'
  | 'attempts';

/** The keys that are derived from the master key (HKDF-SHA-256, RFC 5869). */
@Injectable()
export class Keys {
  private readonly derived = new Map<Purpose, Buffer>();

  constructor(private readonly master: MasterKey) {}

  /** @returns 32 bytes. */
  of(purpose: Purpose): Buffer {
    let key = this.derived.get(purpose);
    if (!key) {
      key = this.master.derive(purpose);
      this.derived.set(purpose, key);
    }
    return key;
  }

  /** @returns the HMAC-SHA-256 of the parts, none of which can be taken for another. */
  mac(purpose: Purpose, ...parts: string[]): Buffer {
    return createHmac('sha256', this.of(purpose)).update(JSON.stringify(parts)).digest();
  }
}
