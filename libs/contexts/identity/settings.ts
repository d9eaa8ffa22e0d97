import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Secrets and time limits of accounts. */
export class IdentitySettings extends defineSettings('Identity', {
  masterKey: setting(
    'MASTER_KEY',
    z.base64().refine((text) => Buffer.from(text, 'base64').length >= 32, 'must be 32 bytes or more in base64'),
    {
      doc: 'The key from which all others are derived: `openssl rand -base64 32`. Losing it voids codes, links and signing keys.',
      development: 'cm9va2VyeS1kZXZlbG9wbWVudC1tYXN0ZXIta2V5LTAwMQ==',
    },
  ),
  erasureGraceSeconds: setting('ERASURE_GRACE_SECONDS', z.coerce.number().int().min(0), {
    doc: 'Seconds between the deletion of an account, which hides it at once, and its erasure.',
    default: '2592000',
  }),
  exportTtlSeconds: setting('EXPORT_TTL_SECONDS', z.coerce.number().int().min(1), {
    doc: 'Seconds for which an export can be downloaded.',
    default: '604800',
  }),
  registrationTtlSeconds: setting('REGISTRATION_TTL_SECONDS', z.coerce.number().int().min(1), {
    doc: 'Seconds a registration waits to be verified before its e-mail address is free again.',
    default: '259200',
  }),
}) {}
