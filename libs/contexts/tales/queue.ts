import { defineQueue } from '@rookery/messaging';
import { MAX_GENERATION_SECONDS } from './settings';

/**
 * Writing tales: calls to a language model that last as long as it speaks. A timeout of 30 seconds would end most
 * stories in the middle, so it bounds the silence before the first word (`LLM_FIRST_TEXT_SECONDS`), pauses have a bound
 * of their own, and this is what ends a model that talks forever.
 */
export const generation = defineQueue('generation', {
  class: 'default',
  attempts: 4,
  backoff: { base: 2_000, factor: 2, cap: 300_000 },
  timeout: (MAX_GENERATION_SECONDS + 10) * 1_000,
  effect: 'outside',
});
