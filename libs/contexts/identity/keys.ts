import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { seal, unseal } from '@rookery/application';
import { MasterKey } from '@rookery/settings';

/** Purpose of a derived key; keys of different purposes are independent. */
type Purpose =
  | 'verification-code'
  | 'verification-link'
  | 'code-pepper'
  | 'signing-keys'
  | 'refresh-token'
  | 'csrf-token'
  | 'password-reset-link'
  | 'email-undo-link'
  | 'attempts'
  | 'totp-secrets';

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

  /** @returns the HMAC-SHA-256 of the parts, unambiguously encoded. */
  mac(purpose: Purpose, ...parts: string[]): Buffer {
    return createHmac('sha256', this.of(purpose)).update(JSON.stringify(parts)).digest();
  }

  /**
   * Encrypts with AES-256-GCM.
   *
   * @param owner owner of the data: the result cannot be decrypted for a different owner
   * @returns nonce, ciphertext and tag
   */
  seal(purpose: Purpose, owner: string, plain: Buffer): Buffer {
    return seal(this.of(purpose), plain, Buffer.from(owner));
  }

  /** @throws Error if it was sealed with a different master key, for a different owner, or was changed */
  open(purpose: Purpose, owner: string, sealed: Buffer): Buffer {
    try {
      return unseal(this.of(purpose), sealed, Buffer.from(owner));
    } catch {
      throw new Error(`MASTER_KEY is not the one that sealed these ${purpose} in the database.`);
    }
  }
}
