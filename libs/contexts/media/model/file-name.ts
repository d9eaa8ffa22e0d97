const MAX_CHARACTERS = 100;
const FALLBACK = 'file';

/** Control characters, those that change the direction of text, and what separates folders or is reserved on some system. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}"*:<>?|]/gu;

/**
 * Makes a file name safe to save under on any system: its last part, without characters that hide or mislead.
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
  // The end says what kind of file it is.
  const [, extension = ''] = /(\.[a-z0-9]{1,10})$/iu.exec(clean) ?? [];
  return (
    characters
      .slice(0, MAX_CHARACTERS - extension.length)
      .join('')
      .trimEnd() + extension
  );
}
