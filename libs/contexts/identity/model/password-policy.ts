import { FieldError, Rejection, Rules } from '@rookery/domain';
import type * as Dictionaries from '@zxcvbn-ts/language-common';
import { PasswordRules, PasswordWeak } from './rejections';

export const PASSWORD_LENGTH = { min: 12, max: 128 };

let common: ReadonlySet<string> | undefined;

/** Loaded when the first password is checked: the dictionaries take 14 MB, and the worker does not check passwords. */
function isCommon(text: string): boolean {
  // oxlint-disable-next-line typescript/no-require-imports -- an import would be read at boot
  common ??= new Set(
    (require('@zxcvbn-ts/language-common') as typeof Dictionaries).dictionary['passwords-common'],
  );
  return common.has(text);
}

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

/** Names of an owner, which the password must not consist of. */
export interface OwnNames {
  email: string;
  username: string;
  name: string;
}

/** Every request that sets a password calls it so. */
const PATH = 'password';

/** Normalization can reduce the number of characters. */
const TOO_SHORT = `The password must be ${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters long when its characters are composed.`;

/**
 * Rejects passwords that attackers try first (NIST SP 800-63B §5.1.1.2): common ones, also with digits and symbols
 * before or after them, repetitions, keyboard and alphabet sequences, and those made of the owner's names or of {@link
 * CONTEXT_WORDS}. No composition rules.
 *
 * @param own names of the owner
 * @throws Rejection `identity.password-weak` with every rule that it violates
 */
export function checkPassword(password: string, own: OwnNames): void {
  const normalized = normalizePassword(password);
  const text = normalized.toLowerCase();
  const core = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  const errors: FieldError[] = [];
  if (Array.from(normalized).length < PASSWORD_LENGTH.min)
    errors.push(FieldError.of(Rules.length, PATH, { ...PASSWORD_LENGTH, unit: 'characters' }, TOO_SHORT));
  const simple = [
    [PasswordRules.common, isCommon(text) || isCommon(core)],
    [PasswordRules.repetition, isRepetition(text)],
    [PasswordRules.sequence, isWalk(text)],
    [PasswordRules.service, isOfContext(text)],
  ] as const;
  for (const [rule, violated] of simple)
    if (violated) errors.push(FieldError.of(rule, PATH, {}, `The password is too weak. ${rule.meaning}`));
  for (const contains of ['email', 'username', 'name'] as const) {
    const parts = [own[contains], own[contains].replace(/@.*/, '')];
    if (parts.some((part) => isMostly(text, normalizePassword(part)))) {
      const message = `The password is too weak. ${PasswordRules.own.meaning}`;
      errors.push(FieldError.of(PasswordRules.own, PATH, { contains }, message));
    }
  }
  if (errors.length > 0) throw new Rejection(PasswordWeak, { errors });
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
