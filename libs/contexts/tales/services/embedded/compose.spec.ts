import { countWords, WORDS } from '../../model/text';
import { compose } from './compose';
import { english } from './english';
import { german } from './german';

const TONES = Object.keys(english.tones);
const INTERESTS = ['chess', 'old maps', 'cats', 'the sea', 'radio'];

const brief = (own: object = {}) => ({
  id: 'a tale',
  prompt: null as string | null,
  interests: ['cats'],
  tone: 'calm',
  length: 'short',
  language: 'en',
  ...own,
});

/** Every tone and length in both languages, with one to five interests, with and without a wish. */
const cases = ['en', 'de'].flatMap((language) =>
  TONES.flatMap((tone) =>
    Object.keys(WORDS).flatMap((length) =>
      Array.from({ length: 8 }, (_, nr) =>
        brief({
          id: `${language}${tone}${length}${nr}`,
          language,
          tone,
          length,
          interests: INTERESTS.slice(0, nr % 6),
          prompt:
            nr % 2 === 0
              ? null
              : 'A keeper of a lighthouse finds a letter, and who wrote it is a surprise to everybody in the town.',
        }),
      ),
    ),
  ),
);

describe('A composed story', () => {
  it.each(['en', 'de'])('has as many words as were asked for, whatever it is made from (%s)', (language) => {
    for (const each of cases.filter((one) => one.language === language)) {
      const { paragraphs } = compose(each);
      const words = countWords(paragraphs.join('\n\n'));
      const { min, max } = WORDS[each.length as keyof typeof WORDS];
      expect({ ...each, words, fits: words >= min && words <= max }).toMatchObject({ fits: true });
    }
  });

  it('leaves nothing of the grammar in the text', () => {
    for (const each of cases) {
      const { title, paragraphs } = compose(each);
      expect([title, ...paragraphs].join('\n')).not.toMatch(
        /[#[\]{}<>]|\(\(|undefined| {2}| [.,;:!?]|\.\.|,,/,
      );
    }
  });

  it('consists of paragraphs of whole sentences, none of them twice', () => {
    for (const each of cases) {
      const { title, paragraphs } = compose(each);
      for (const paragraph of [title, ...paragraphs]) expect(paragraph).toMatch(/^[“„\p{Lu}]/u);
      for (const paragraph of paragraphs) expect(paragraph).toMatch(/[.!?][”“]?$/);
      expect(new Set(paragraphs).size).toBe(paragraphs.length);
      const [opening, closing] = each.language === 'en' ? ['“', '”'] : ['„', '“'];
      const text = paragraphs.join('');
      expect(text.split(opening)).toHaveLength(text.split(closing).length);
    }
  });

  it('has the right article in English', () => {
    for (const each of cases.filter(({ language }) => language === 'en')) {
      expect(compose(each).paragraphs.join(' ')).not.toMatch(/\ba [aeiou](?!ne\b|nce\b)|\ban [^aeiou“]/i);
    }
  });

  it('includes every interest and the prompt', () => {
    for (const each of cases) {
      const text = compose(each).paragraphs.join(' ');
      for (const interest of each.interests) expect(text).toContain(interest);
      expect(text.includes('A keeper of a lighthouse finds a letter')).toBe(each.prompt !== null);
    }
  });

  it('is the same for the same tale, and another one for another', () => {
    expect(compose(brief())).toEqual(compose(brief()));
    const stories = Array.from({ length: 200 }, (_, nr) => compose(brief({ id: `tale ${nr}` })));
    expect(new Set(stories.map(({ paragraphs }) => paragraphs.join()))).toHaveProperty('size', 200);
    const all = english.shapes.flatMap(({ titles }) => titles).length;
    expect(new Set(stories.map(({ title }) => title)).size).toBeGreaterThan(all);
  });

  it('is in German for readers of German, in English for all others', () => {
    for (const [language, expected] of [
      ['de', 'de'],
      ['de-AT', 'de'],
      ['en-GB', 'en'],
      ['den', 'en'],
      ['fr', 'en'],
    ])
      expect(compose(brief({ language })).language).toBe(expected);
  });

  it('expands nothing that a reader has written', () => {
    const hostile = ['#hero#', '[hero:x]', '{wish}', '#a.s#]', '\\#'];
    const text = compose(brief({ interests: hostile, prompt: '#town# {topics} [a:b]' })).paragraphs.join(' ');
    for (const topic of hostile) expect(text).toContain(topic);
    expect(text).toContain('#town# {topics} [a:b]');
  });

  it('has the same plots and tones in both languages', () => {
    expect(Object.keys(german.tones)).toEqual(TONES);
    expect(german.shapes.length).toBe(english.shapes.length);
    for (const { beats } of [...german.shapes, ...english.shapes]) expect(beats).toHaveLength(5);
  });
});
