import { defineQueue } from '@rookery/messaging';
import { MAX_GENERATION_SECONDS } from './settings';

/**
 * Generates tales. A call to a language model lasts as long as the model writes, and a timeout of 30 seconds would cut
 * off most stories. So `LLM_FIRST_TEXT_SECONDS` limits the time until the first word, `LLM_IDLE_SECONDS` limits pauses,
 * and the timeout of this queue stops a model that never finishes.
 */
export const generation = defineQueue('generation', {
  class: 'default',
  attempts: 4,
  backoff: { base: 2_000, factor: 2, cap: 300_000 },
  timeout: (MAX_GENERATION_SECONDS + 10) * 1_000,
  effect: 'outside',
});
