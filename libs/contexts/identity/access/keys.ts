import { createHmac, hkdfSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { IdentitySettings } from '../settings';

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

  constructor(private readonly settings: IdentitySettings) {}

  /** @returns 32 bytes. */
  of(purpose: Purpose): Buffer {
    let key = this.derived.get(purpose);
    if (!key) {
      const master = Buffer.from(this.settings.masterKey, 'base64');
      key = Buffer.from(hkdfSync('sha256', master, '', `rookery:${purpose}`, 32));
      this.derived.set(purpose, key);
    }
    return key;
  }

  /** @returns the HMAC-SHA-256 of the parts, none of which can be taken for another. */
  mac(purpose: Purpose, ...parts: string[]): Buffer {
    return createHmac('sha256', this.of(purpose)).update(JSON.stringify(parts)).digest();
  }
}
