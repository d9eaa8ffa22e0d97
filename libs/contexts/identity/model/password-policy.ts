import { Rejection } from '@rookery/domain';
import { dictionary } from '@zxcvbn-ts/language-common';
import { PasswordWeak } from './rejections';

export const PASSWORD_LENGTH = { min: 12, max: 128 };

const common = new Set(dictionary['passwords-common']);

const rows = ['qwertyuiopasdfghjklzxcvbnm', 'qwertzuiop', '01234567890', 'abcdefghijklmnopqrstuvwxyz'];
const walks = [...rows, ...rows.map((row) => Array.from(row).toReversed().join(''))];

/**
 * Words of this place, which whoever guesses here tries first (OWASP ASVS 5.0, 6.1.2): its name and how its accounts
 * are called. A password must have {@link LEAST_LETTERS} letters besides them. Longer words come before their parts.
 */
export const CONTEXT_WORDS = ['administrator', 'moderator', 'operations', 'rookeries', 'rookery', 'admin'];
const LEAST_LETTERS = 4;

/**
 * @returns a password as it is judged, hashed and compared: the same characters, however a keyboard has written them
 *   (NIST SP 800-63B §5.1.1.2)
 */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC');
}

/**
 * Refuses passwords that guessers try first (NIST SP 800-63B §5.1.1.2): common ones, also with digits and signs put
 * before or behind, one piece repeated, walks along the keyboard or the alphabet, and those made of the owner's own
 * names or of {@link CONTEXT_WORDS}. No composition rules.
 *
 * @param own the e-mail address, username and name of the owner
 * @throws Rejection `identity.password-weak`
 */
export function checkPassword(password: string, own: readonly string[]): void {
  const normalized = normalizePassword(password);
  const text = normalized.toLowerCase();
  const core = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  const weak =
    Array.from(normalized).length < PASSWORD_LENGTH.min ||
    common.has(text) ||
    common.has(core) ||
    isRepetition(text) ||
    isWalk(text) ||
    isOfContext(text) ||
    own.some((name) =>
      [name, name.replace(/@.*/, '')].some((each) => isMostly(text, normalizePassword(each))),
    );
  if (weak) throw new Rejection(PasswordWeak);
}

/** `abcabcabcabc` */
function isRepetition(text: string): boolean {
  return /^(.+)\1+$/u.test(text);
}

/** `qwertyuiopasdf`, `4321fedcbazz`: fewer than four characters stand outside runs of four and more. */
function isWalk(text: string): boolean {
  let outside = 0;
  for (let at = 0; at < text.length && outside < 4;) {
    let length = 3;
    while (at + length < text.length && walks.some((walk) => walk.includes(text.slice(at, at + length + 1))))
      length += 1;
    if (length === 3) outside += 1;
    at += length === 3 ? 1 : length;
  }
  return outside < 4;
}

/** `Rookery-2026!!`, `admin.of.rookery`. */
function isOfContext(text: string): boolean {
  const rest = CONTEXT_WORDS.reduce((left, word) => left.replaceAll(word, ''), text);
  return rest !== text && rest.replace(/\P{L}/gu, '').length < LEAST_LETTERS;
}

/** A name, an address or its first part, of four characters or more that is half of the password or more. */
function isMostly(text: string, name: string): boolean {
  const part = name.toLowerCase();
  return part.length >= 4 && part.length * 2 >= text.length && text.includes(part);
}
