import { randomFillSync } from 'node:crypto';
import { V7Generator } from 'uuidv7';

const pool = new Uint32Array(1_024);
let used = pool.length;

/** Random numbers from a pool: requesting a few bytes from the system for each id would cost more than the id. */
const generator = new V7Generator({
  nextUint32() {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    return pool[used++]!;
  },
});

/** @returns a new UUIDv7 (RFC 9562 §5.7): ids sort by creation time. */
export function newId(): string {
  return generator.generate().toString();
}

/** Before every other id (RFC 9562 §5.9). */
export const NIL_UUID = '00000000-0000-0000-0000-000000000000';
/** After every other id (RFC 9562 §5.10). */
export const MAX_UUID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
