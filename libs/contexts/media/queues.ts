import { defineQueue } from '@rookery/messaging';

/** Processing and removing objects: a storage may be down for hours, and nobody waits for it. */
export const objects = defineQueue('media', {
  class: 'low',
  attempts: 12,
  backoff: { base: 2_000, factor: 3, cap: 1_800_000 },
  timeout: 60_000,
  effect: 'outside',
});
