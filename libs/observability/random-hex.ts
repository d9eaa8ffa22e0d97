import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(4_096);
let used = pool.length;

/**
 * Random bytes from a pool: requesting a few bytes at a time from the system costs more than all other bookkeeping of a
 * request.
 *
 * @param bytes number of bytes, at most 4096
 * @returns the bytes in hexadecimal, two characters each
 */
export function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}
