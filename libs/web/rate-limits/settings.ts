import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Switches rate limits on or off; each policy has its own setting for the quota. */
export class RateLimitSettings extends defineSettings('Rate limits', {
  enabled: setting(
    'RATE_LIMIT_ENABLED',
    z.enum(['true', 'false']).transform((text) => text === 'true'),
    {
      default: 'true',
      doc: 'false for load tests. Production refuses to boot with it.',
      production: (text) => (text === 'false' ? 'is false; production needs its rate limits' : undefined),
    },
  ),
}) {}
