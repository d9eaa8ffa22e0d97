import { createHash } from 'node:crypto';
import tracery from 'tracery-grammar';
import { countWords, visible, wordsOf } from '../../model/text';
import type { Brief } from '../story-writer';
import { english } from './english';
import { german } from './german';
import type { Forms, Grammar } from './grammar';

/** Maximum characters of a prompt that are quoted. */
const MAX_QUOTED = 90;
/** Paragraphs that the interests are spread over. */
const TOPIC_PARAGRAPHS: Readonly<Record<string, number>> = { short: 1, medium: 2, long: 5 };

/** A composed story. */
export interface Composed {
  title: string;
  paragraphs: readonly string[];
  /** `en` or `de`. */
  language: string;
}

type Random = () => number;

/**
 * Composes a story from a grammar: a plot, paragraphs that fit into every plot until the story is long enough, and the
 * interests and the prompt of the reader. The same brief always gives the same story.
 *
 * @returns a story with a number of words within the range of its length; in English if the language is not German
 */
export function compose(brief: Brief): Composed {
  const language = /^de\b/i.test(brief.language) ? 'de' : 'en';
  const grammar = language === 'de' ? german : english;
  const random = randomOf(brief.id);
  const expand = expander(grammar, brief, random);
  const { min, max } = wordsOf(brief.length);
  const shape = pick(grammar.shapes, random);
  const tone = grammar.tones[brief.tone] ?? grammar.tones['calm']!;
  const title = expand(pick(shape.titles, random));

  const [first, ...rest] = shape.beats.map((variants) => expand(pick(variants, random)));
  const wish = quotable(brief.prompt);
  const head = [expand(pick(tone.openings, random)), first!];
  if (wish !== undefined) head.push(expand(pick(grammar.wishes, random), { wish }));
  const tail = [...rest.splice(-2), expand(pick(tone.endings, random))];
  const topics = topicsOf(brief, grammar, random).map(([rule, list]) => expand(rule, { topics: list }));
  const middle = interleave(rest, topics, random);

  const scenes = shuffled([...tone.scenes, ...shuffled(grammar.scenes, random)], random);
  let words = countWords([...head, ...middle, ...tail].join(' '));
  const aim = min + (max - min) * (0.2 + 0.5 * random());
  for (const scene of scenes) {
    if (words >= aim) break;
    const paragraph = expand(scene);
    const more = countWords(paragraph);
    if (words + more > max) continue;
    middle.splice(1 + Math.floor(random() * middle.length), 0, paragraph);
    words += more;
  }
  return { title, paragraphs: [...head, ...middle, ...tail], language };
}

/** @returns a function that expands rules with one cast; texts of readers are inserted last and are not expanded */
function expander(grammar: Grammar, { tone }: Brief, random: Random) {
  const cast = Object.assign({}, ...grammar.cast.map((choice) => pick(choice, random))) as Forms;
  const rules = tracery.createGrammar({
    ...grammar.symbols,
    mood: (grammar.tones[tone] ?? grammar.tones['calm']!).mood,
    ...Object.fromEntries(Object.entries(cast).map(([symbol, form]) => [symbol, [form]])),
  });
  rules.addModifiers(tracery.baseEngModifiers);
  return (rule: string, words: Readonly<Record<string, string>> = {}): string => {
    tracery.setRng(random); // of the whole process, but nothing else runs before the next line has ended
    const text = rules.flatten(rule);
    return text.replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? '');
  };
}

/** @returns rules and the topics for each, no rule twice */
function topicsOf(
  { interests, length }: Brief,
  grammar: Grammar,
  random: Random,
): (readonly [rule: string, topics: string])[] {
  const topics = interests.map((interest) => visible(interest).replace(/\s+/g, ' ').trim()).filter(Boolean);
  const paragraphs = Math.min(TOPIC_PARAGRAPHS[length] ?? 2, topics.length);
  const rules = shuffled(grammar.topics, random);
  return Array.from({ length: paragraphs }, (_, index) => {
    const group = topics.filter((_topic, nr) => nr % paragraphs === index);
    return [rules[index % rules.length]!, grammar.list(group)] as const;
  });
}

/** @returns the beginning of a prompt, in a form that can be quoted within a sentence */
function quotable(prompt: string | null): string | undefined {
  const text = visible(prompt ?? '')
    .replace(/["“”„«»]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  const short = text.length <= MAX_QUOTED ? text : `${text.slice(0, MAX_QUOTED).replace(/\s+\S*$/, '')} …`;
  return short.replace(/[.,;:!?]+$/, '') || undefined;
}

/**
 * Merges two lists: keeps the order of the first, and inserts each item of the second at a random position.
 */
function interleave(beats: readonly string[], others: readonly string[], random: Random): string[] {
  const all = [...beats];
  for (const other of others) all.splice(Math.floor(random() * (all.length + 1)), 0, other);
  return all;
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)]!;
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const all = [...list];
  for (let index = all.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [all[index], all[other]] = [all[other]!, all[index]!];
  }
  return all;
}

/** Splitmix32, seeded with a digest of the text: the same numbers for the same text, on every machine. */
function randomOf(seed: string): Random {
  let state = createHash('sha256').update(seed).digest().readUInt32LE();
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
