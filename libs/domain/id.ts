import { uuidv7 } from 'uuidv7';

/** @returns a new UUIDv7 (RFC 9562 §5.7): ids sort by the time they were made. */
export function newId(): string {
  return uuidv7();
}
