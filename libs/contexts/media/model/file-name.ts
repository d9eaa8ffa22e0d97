const MAX_CHARACTERS = 100;
const FALLBACK = 'file';

/**
 * Control characters, characters that change the text direction, folder separators, and characters reserved by some
 * system.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}"*:<>?|]/gu;

/**
 * Returns a file name that is safe on any system: the last part of the path, without invisible or misleading
 * characters.
 *
 * @param name as a client sent it
 * @returns at most 100 characters; never empty, never beginning with a dot
 */
export function safeFileName(name: string): string {
  const last = name.normalize('NFC').split(/[/\\]/u).at(-1)!;
  const clean = last
    .replaceAll(UNSAFE, '')
    .replaceAll(/\s+/gu, ' ')
    .replace(/^[ .]+/u, '')
    .replace(/[ .]+$/u, '');
  const characters = Array.from(clean);
  if (characters.length <= MAX_CHARACTERS) return clean || FALLBACK;
  // Keep the end: it contains the extension.
  const [, extension = ''] = /(\.[a-z0-9]{1,10})$/iu.exec(clean) ?? [];
  return (
    characters
      .slice(0, MAX_CHARACTERS - extension.length)
      .join('')
      .trimEnd() + extension
  );
}
