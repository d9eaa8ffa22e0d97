import { Rejection } from '@rookery/domain';
import { dictionary } from '@zxcvbn-ts/language-common';
import { PasswordWeak } from './rejections';

export const PASSWORD_LENGTH = { min: 12, max: 128 };

const common = new Set(dictionary['passwords-common']);

const rows = ['qwertyuiopasdfghjklzxcvbnm', 'qwertzuiop', '01234567890', 'abcdefghijklmnopqrstuvwxyz'];
const walks = [...rows, ...rows.map((row) => Array.from(row).toReversed().join(''))];

/**
 * Context-specific words, which attackers try first (OWASP ASVS 5.0, 6.1.2): the name of the service and names of its
 * accounts. A password must have {@link MIN_LETTERS} letters besides them. Longer words come before their parts.
 */
export const CONTEXT_WORDS = ['administrator', 'moderator', 'operations', 'rookeries', 'rookery', 'admin'];
const MIN_LETTERS = 4;

/**
 * @returns the normalized form in which a password is validated, hashed and compared, independent of the keyboard (NIST
 *   SP 800-63B §5.1.1.2)
 */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC');
}

/**
 * Rejects passwords that attackers try first (NIST SP 800-63B §5.1.1.2): common ones, also with digits and symbols
 * before or after them, repetitions, keyboard and alphabet sequences, and those made of the owner's names or of {@link
 * CONTEXT_WORDS}. No composition rules.
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

/** `qwertyuiopasdf`, `4321fedcbazz`: fewer than four characters are outside of runs of four and more. */
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
  return rest !== text && rest.replace(/\P{L}/gu, '').length < MIN_LETTERS;
}

/** A name, an address or its first part, of four characters or more that is half of the password or more. */
function isMostly(text: string, name: string): boolean {
  const part = name.toLowerCase();
  return part.length >= 4 && part.length * 2 >= text.length && text.includes(part);
}
