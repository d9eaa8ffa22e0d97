import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
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

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

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
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.of(purpose), nonce).setAAD(Buffer.from(owner));
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws Error if it was sealed with a different master key, for a different owner, or was changed */
  open(purpose: Purpose, owner: string, sealed: Buffer): Buffer {
    const decipher = createDecipheriv('aes-256-gcm', this.of(purpose), sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(owner)).setAuthTag(sealed.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch {
      throw new Error(`MASTER_KEY is not the one that sealed these ${purpose} in the database.`);
    }
  }
}
