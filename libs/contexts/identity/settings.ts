import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Time limits of accounts. */
export class IdentitySettings extends defineSettings('Identity', {
  registrationTtlSeconds: setting('REGISTRATION_TTL_SECONDS', z.coerce.number().int().min(1), {
    doc: 'Seconds a registration waits to be verified before its e-mail address is free again.',
    default: '259200',
  }),
  signingKeyDays: setting('SIGNING_KEY_DAYS', z.coerce.number().int().min(0).max(3_650), {
    doc: 'Days after which another key signs access tokens, by itself and without signing anybody out. 0: only by `npm run keys`.',
    default: '90',
  }),
}) {}
