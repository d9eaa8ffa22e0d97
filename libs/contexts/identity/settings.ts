import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Time limits of accounts. */
export class IdentitySettings extends defineSettings('Identity', {
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
  signingKeyDays: setting('SIGNING_KEY_DAYS', z.coerce.number().int().min(0).max(3_650), {
    doc: 'Days after which another key signs access tokens, by itself and without signing anybody out. 0: only by `npm run keys`.',
    default: '90',
  }),
}) {}
