/**
 * Where a signing key is on its way: published as the next one, signing, no longer signing but still verifying. After
 * that it is gone.
 */
export type KeyState = 'next' | 'signing' | 'retiring';

/** Seconds for which clients may keep the published keys (`Cache-Control` of the JWK Set). */
export const PUBLISHED_SECONDS = 300;
/** Seconds after which every process of ours has read the keys again. */
export const KEYS_READ_EVERY_SECONDS = 60;
/** Seconds that a token signed with these keys lives. */
export const MAX_TOKEN_SECONDS = 900;
/** Seconds that clocks may differ, and that requests may be on their way. */
const LEEWAY_SECONDS = 60;

/** Seconds that a key must be published before it signs: by then whoever verifies has read it, caches and all. */
export const SECONDS_UNTIL_SIGNING = PUBLISHED_SECONDS + KEYS_READ_EVERY_SECONDS + LEEWAY_SECONDS;
/** Seconds that a key must verify after it signed: processes use it until they read again, then its last token lives on. */
export const SECONDS_UNTIL_GONE = KEYS_READ_EVERY_SECONDS + MAX_TOKEN_SECONDS + LEEWAY_SECONDS;

/**
 * @param seconds for which the key has been in its state
 * @returns whole seconds until the next step leaves all tokens valid; 0 when it may be taken now
 */
export function secondsToWait(state: 'next' | 'retiring', seconds: number): number {
  const needed = state === 'next' ? SECONDS_UNTIL_SIGNING : SECONDS_UNTIL_GONE;
  return Math.max(0, Math.ceil(needed - seconds));
}

/** What keys that exist need next, so that the one that signs never gets older than wished. */
export type KeyStep = 'add' | 'promote' | 'retire';

/**
 * @param keys each with the seconds it has been in its state
 * @param longestSeconds for which a key shall sign
 * @returns the steps that are due, in their order
 */
export function stepsDue(
  keys: readonly { state: KeyState; seconds: number }[],
  longestSeconds: number,
): KeyStep[] {
  const signing = keys.find(({ state }) => state === 'signing');
  const next = keys.find(({ state }) => state === 'next');
  const steps: KeyStep[] = [];
  if (keys.some(({ state, seconds }) => state === 'retiring' && secondsToWait(state, seconds) === 0))
    steps.push('retire');
  if (!signing || longestSeconds === 0) return steps;
  if (!next && signing.seconds >= longestSeconds - SECONDS_UNTIL_SIGNING) steps.push('add');
  if (next && signing.seconds >= longestSeconds && secondsToWait('next', next.seconds) === 0)
    steps.push('promote');
  return steps;
}
