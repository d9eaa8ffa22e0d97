import { countWords, lengthOf, upToLastSentence, visible } from './text';
import type { Story } from './tale';

/** Characters of a title; what is longer was none. */
const MAX_TITLE = 120;
/** A story with fewer words is no story. */
const MIN_WORDS = 40;
/** Characters that a word has at most on average, with the space behind it; a text of longer ones is cut as well. */
const MAX_CHARS_PER_WORD = 12;

/**
 * A text as it arrives: the first line is its title, the rest the story. It accepts what any generator writes, and
 * bounds it: invisible characters are dropped, markup around the title too, and beyond the maximum it is full.
 */
export class Manuscript {
  private head = '';
  private title: string | undefined;
  private body = '';
  /** Part of the body that {@link take} has returned, in UTF-16 code units. */
  private taken = 0;
  /** First half of a character that arrived in two pieces. */
  private half = '';

  /** @param maxWords words at which it is full */
  constructor(private readonly maxWords: number) {}

  /** Whether there is as much as there may be: more would be cut off. */
  get full(): boolean {
    if (this.body.length > this.maxWords * MAX_CHARS_PER_WORD) return true;
    // Words are counted only where there may be too many: this is asked with every piece.
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
   * @returns what has been added since the last call, or the beginning of it: the title once it is known, the text, and
   *   the number of characters (code points) before it; undefined if there is nothing new
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
   * @param complete whether the generator has come to its end: otherwise the text ends with its last whole sentence
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
    // At most one empty line between paragraphs, also where the line breaks arrive one by one.
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
