import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(4_096);
let used = pool.length;

/**
 * Random bytes from a pool: asking the system for a few at a time costs more than the rest of a request's bookkeeping.
 *
 * @param bytes how many, at most 4096
 * @returns them in hexadecimal, twice as many characters
 */
export function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}
