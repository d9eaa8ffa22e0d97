import { defineQueue } from '@rookery/messaging';

/** Processes and removes objects. The storage can be down for hours, and nobody waits for these jobs. */
export const objects = defineQueue('media', {
  class: 'low',
  attempts: 12,
  backoff: { base: 2_000, factor: 3, cap: 1_800_000 },
  timeout: 60_000,
  effect: 'outside',
});
