import { countWords, lengthOf, upToLastSentence, visible } from './text';
import type { Story } from './tale';

/** Maximum characters of a title. A longer first line is not a title. */
const MAX_TITLE = 120;
/** Minimum words of a story. */
const MIN_WORDS = 40;
/** Maximum average characters per word, including the space after it. A text with longer words is cut off, too. */
const MAX_CHARS_PER_WORD = 12;

/**
 * A text as it arrives: the first line is the title, the rest is the story. It accepts the output of any generator. It
 * removes invisible characters and markup around the title, and accepts no more text beyond the maximum length.
 */
export class Manuscript {
  private head = '';
  private title: string | undefined;
  private body = '';
  /** Part of the body that {@link take} has returned, in UTF-16 code units. */
  private taken = 0;
  /** First half of a surrogate pair that arrived in two pieces. */
  private half = '';

  /** @param maxWords maximum number of words */
  constructor(private readonly maxWords: number) {}

  /** Whether the maximum length is reached. More text would be cut off. */
  get full(): boolean {
    if (this.body.length > this.maxWords * MAX_CHARS_PER_WORD) return true;
    // Words are counted only if the length allows too many, because this runs for every piece.
    return this.body.length > this.maxWords * 3 && countWords(this.body) > this.maxWords * 1.1;
  }

  /** @param text next piece of the answer, of any size */
  add(text: string): void {
    const whole = this.half + text;
    const cut = /[\ud800-\udbff]$/.test(whole) ? whole.length - 1 : whole.length;
    this.half = whole.slice(cut);
    const piece = visible(whole.slice(0, cut));
    if (this.title !== undefined) return this.append(piece);
    this.head += piece;
    const start = this.head.trimStart();
    const end = start.indexOf('\n');
    if (end < 0 && start.length <= MAX_TITLE * 2) return;
    const line = end < 0 ? '' : titleOf(start.slice(0, end));
    const isTitle = line !== '' && line.length <= MAX_TITLE;
    this.title = isTitle ? line : '';
    this.append(isTitle ? start.slice(end + 1) : start);
    this.head = '';
  }

  /**
   * @param limit maximum characters, in UTF-16 code units
   * @returns the text added since the last call, up to the limit: the title once it is known, the text, and the number
   *   of characters (code points) before it; undefined if there is nothing new
   */
  take(limit: number): { title: string | undefined; text: string; offset: number } | undefined {
    let text = this.body.slice(this.taken, this.taken + limit);
    if (/[\ud800-\udbff]$/.test(text)) text = text.slice(0, -1);
    if (text === '') return undefined;
    const offset = lengthOf(this.body.slice(0, this.taken));
    this.taken += text.length;
    return { title: this.title || undefined, text, offset };
  }

  /**
   * @param complete whether the generator has finished; if not, the text ends with its last whole sentence
   * @returns the story; undefined if it is too short to be one
   */
  finish(complete: boolean): Omit<Story, 'language'> | undefined {
    if (this.title === undefined) {
      this.title = '';
      this.append(this.head.trimStart());
    }
    const whole = this.full ? firstWords(this.body, this.maxWords) : this.body;
    const content = (complete && !this.full ? whole : upToLastSentence(whole)).trim();
    const words = countWords(content);
    if (words < MIN_WORDS) return undefined;
    return { title: this.title || beginningOf(content), content, words };
  }

  private append(piece: string): void {
    const joined = this.body === '' ? piece.trimStart() : piece;
    // At most one empty line between paragraphs, even if the line breaks arrive one by one.
    for (const character of joined) {
      if (character === '\n' && this.body.endsWith('\n\n')) continue;
      this.body += character;
    }
  }
}

/** `## "Title"` → `Title` */
function titleOf(line: string): string {
  return line
    .trim()
    .replace(/^(?:[#*_>\s]+|(?:title|titel)\s*:\s*)+/i, '')
    .replace(/[*_#\s]+$/, '')
    .replace(/^["“„«'](.*)["”“»']$/, '$1')
    .trim();
}

function firstWords(text: string, words: number): string {
  let seen = 0;
  for (const { index, 0: word } of text.matchAll(/\S+/g)) {
    if (/[\p{L}\p{N}]/u.test(word)) seen += 1;
    if (seen === words || index > words * MAX_CHARS_PER_WORD) return text.slice(0, index + word.length);
  }
  return text;
}

function beginningOf(text: string): string {
  const words = text.split(/\s+/).slice(0, 6).join(' ');
  const short = words.length < MAX_TITLE ? words : visible(words.slice(0, MAX_TITLE - 1)); // not half a character
  return `${short.replace(/[\s.,;:!?]+$/, '')}…`;
}
