import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const IV = 12;
const TAG = 16;

/**
 * Encrypts and authenticates (AES-256-GCM, NIST SP 800-38D).
 *
 * @param key 32 bytes
 * @param about context of the data (associated data): it cannot be decrypted with a different one
 */
export function seal(key: Buffer, plain: Buffer, about: Buffer): Buffer {
  const iv = randomBytes(IV);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(about);
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/**
 * @returns the decrypted data
 * @throws Error if key or context differ, or the data was changed
 */
export function unseal(key: Buffer, sealed: Buffer, about: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV)).setAAD(about);
  decipher.setAuthTag(sealed.subarray(-TAG));
  return Buffer.concat([decipher.update(sealed.subarray(IV, -TAG)), decipher.final()]);
}
