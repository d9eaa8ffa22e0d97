import { createHash } from 'node:crypto';

/**
 * @param below exclusive upper bound
 * @param words seed: the same words give the same number
 * @returns a pseudo-random integer from 0
 */
export function chance(below: number, ...words: (string | number)[]): number {
  return createHash('sha256').update(words.join(' ')).digest().readUInt32BE() % below;
}

/** @returns `count` elements of the list, or all; the same words give the same elements */
export function draw<T extends { username: string }>(count: number, from: readonly T[], words: string): T[] {
  const lot = new Map(from.map((item) => [item, chance(2 ** 32, words, item.username)]));
  return from.toSorted((a, b) => lot.get(a)! - lot.get(b)!).slice(0, count);
}
