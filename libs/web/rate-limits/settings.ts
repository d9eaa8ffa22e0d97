import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Switches rate limits on or off; each policy has its own setting for the quota. */
export class RateLimitSettings extends defineSettings('Rate limits', {
  enabled: setting(
    'RATE_LIMIT_ENABLED',
    z.enum(['true', 'false']).transform((text) => text === 'true'),
    {
      default: 'true',
      doc: 'Set to false only for load tests. In production the app does not start with false.',
      production: (text) => (text === 'false' ? 'is false; production requires rate limits' : undefined),
    },
  ),
}) {}
