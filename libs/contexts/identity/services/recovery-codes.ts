import { createHash, randomBytes } from 'node:crypto';
import { Field, Item } from '@rookery/web';

/** Recovery codes as shown to their owner. */
export class RecoveryCodes {
  @Field.list(Item.text({ min: 27, max: 27 }), {
    max: 10,
    description: 'Ten codes. Each works once, in place of a code from the app. They are shown only once.',
    example: ['8Z2K4M-Q0RT7X-3VBN5C-9HJW1D'],
  })
  recoveryCodes: string[];
}

/** Without I, L, O and U, which are easily misread (Crockford). */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const HOW_MANY = 10;
/** 24 letters of 5 bits: 120 bits; 112 are required for a plain hash (OWASP ASVS 6.5.2). */
const GROUPS = 4;
const GROUP_LENGTH = 6;

/** @returns ten new recovery codes. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: HOW_MANY }, () =>
    Array.from({ length: GROUPS }, () =>
      Array.from(randomBytes(GROUP_LENGTH), (byte) => LETTERS[byte % LETTERS.length]).join(''),
    ).join('-'),
  );
}

/** @returns the stored SHA-256 of a code, independent of case and dashes. */
export function hashRecoveryCode(code: string): Buffer {
  const letters = code.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return createHash('sha256').update(letters).digest();
}
