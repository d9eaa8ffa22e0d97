import { hkdfSync } from 'node:crypto';
import { z } from 'zod';
import { defineSettings, setting } from './settings';
import { isPredictable } from './weak-secrets';

/** The secret from which all keys for encryption and authentication at rest are derived. */
export class MasterKey extends defineSettings('Secrets', {
  masterKey: setting(
    'MASTER_KEY',
    z
      .base64()
      .refine((text) => Buffer.from(text, 'base64').length >= 32, 'must be 32 bytes or more in base64'),
    {
      doc: 'Master key from which all other keys are derived: `openssl rand -base64 32`. Losing it invalidates codes, links and signing keys.',
      production: (text) =>
        isPredictable(Buffer.from(text, 'base64'))
          ? 'can be guessed; make a random one with `openssl rand -base64 32`'
          : undefined,
      development: 'cm9va2VyeS1kZXZlbG9wbWVudC1tYXN0ZXIta2V5LTAwMQ==',
    },
  ),
}) {
  /**
   * Derives a key (HKDF-SHA-256, RFC 5869).
   *
   * @param purpose keys of different purposes are independent
   * @returns 32 bytes, the same for the same purpose
   */
  derive(purpose: string): Buffer {
    const master = Buffer.from(this.masterKey, 'base64');
    return Buffer.from(hkdfSync('sha256', master, '', `rookery:${purpose}`, 32));
  }
}
