import { createHash } from 'node:crypto';

/**
 * @param below upper bound, not reached
 * @param words the same words, the same number
 * @returns a whole number from 0 that looks random
 */
export function chance(below: number, ...words: (string | number)[]): number {
  return createHash('sha256').update(words.join(' ')).digest().readUInt32BE() % below;
}

/** @returns so many of the list, at most all; the same words, the same ones */
export function draw<T extends { username: string }>(count: number, from: readonly T[], words: string): T[] {
  const lot = new Map(from.map((item) => [item, chance(2 ** 32, words, item.username)]));
  return from.toSorted((a, b) => lot.get(a)! - lot.get(b)!).slice(0, count);
}
