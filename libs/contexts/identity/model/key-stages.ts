/**
 * Stages of a signing key: published as the next one, signing, no longer signing but still verifying. After that it is
 * deleted.
 */
export type KeyState = 'next' | 'signing' | 'retiring';

/** Seconds for which clients may cache the published keys (`Cache-Control` of the JWK Set). */
export const PUBLISHED_SECONDS = 300;
/** Seconds after which every process has read the keys again. */
export const KEYS_READ_EVERY_SECONDS = 60;
/** Lifetime of a token signed with these keys, in seconds. */
export const MAX_TOKEN_SECONDS = 900;
/** Seconds for clock differences and requests in transit. */
const LEEWAY_SECONDS = 60;

/** Seconds that a key must be published before it signs: by then every verifier has read it, despite caches. */
export const SECONDS_UNTIL_SIGNING = PUBLISHED_SECONDS + KEYS_READ_EVERY_SECONDS + LEEWAY_SECONDS;
/**
 * Seconds that a key must verify after it stopped signing: processes use it until they read the keys again, plus the
 * lifetime of its last token.
 */
export const SECONDS_UNTIL_GONE = KEYS_READ_EVERY_SECONDS + MAX_TOKEN_SECONDS + LEEWAY_SECONDS;

/**
 * @param seconds the key has been in its state
 * @returns whole seconds until the next step is safe for all tokens; 0 if it may be taken now
 */
export function secondsToWait(state: 'next' | 'retiring', seconds: number): number {
  const needed = state === 'next' ? SECONDS_UNTIL_SIGNING : SECONDS_UNTIL_GONE;
  return Math.max(0, Math.ceil(needed - seconds));
}

/** The next steps of a rotation, so that the signing key never exceeds its maximum age. */
export type KeyStep = 'add' | 'promote' | 'retire';

/**
 * @param keys each with the seconds it has been in its state
 * @param longestSeconds maximum seconds for which a key signs
 * @returns the due steps, in order
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
