import { uuidv7 } from 'uuidv7';

/** @returns a new UUIDv7 (RFC 9562 §5.7): ids sort by creation time. */
export function newId(): string {
  return uuidv7();
}

/** Before every other id (RFC 9562 §5.9). */
export const NIL_UUID = '00000000-0000-0000-0000-000000000000';
/** After every other id (RFC 9562 §5.10). */
export const MAX_UUID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
