/** Words that a story of each length should have. */
export const WORDS = {
  short: { min: 150, max: 350 },
  medium: { min: 350, max: 650 },
  long: { min: 650, max: 1_000 },
} as const satisfies Record<string, { min: number; max: number }>;

/** @returns the range of words of a length */
export function wordsOf(length: string): { min: number; max: number } {
  return WORDS[length as keyof typeof WORDS] ?? WORDS.medium;
}

/**
 * Control, bidirectional and invisible formatting characters, except ZWJ and ZWNJ, which emoji and some scripts need.
 */
const INVISIBLE =
  // oxlint-disable-next-line no-control-regex -- these characters are removed
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]/gu;

/**
 * @returns the text without invisible characters and characters that change the text direction; line breaks are kept
 */
export function visible(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replaceAll('\t', ' ')
    .replace(INVISIBLE, '')
    .replace(/\p{Cs}/gu, '');
}

/** Scripts that do not separate words with spaces. */
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;

/** @returns the number of words, as a reader counts them */
export function countWords(text: string): number {
  if (UNSPACED.test(text)) {
    const words = new Intl.Segmenter(undefined, { granularity: 'word' });
    return [...words.segment(text)].filter(({ isWordLike }) => isWordLike).length;
  }
  return text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/** @returns the number of characters (code points) */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/**
 * Cuts an incomplete text after its last whole sentence.
 *
 * @returns the text up to there, or the whole text if no sentence ends in its second half
 */
export function upToLastSentence(text: string): string {
  const ends = [...text.matchAll(/[.!?…]["'”’»“)\]]*(?=\s|$)|[。！？]["'”’」』»)\]]*/gu)];
  const last = ends.at(-1);
  if (!last || last.index < text.length / 2) return text.trimEnd();
  return text.slice(0, last.index + last[0].length);
}
