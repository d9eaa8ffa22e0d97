import { Manuscript } from './manuscript';

const SENTENCE = 'The boats came home before dark. ';
const BODY = SENTENCE.repeat(20).trim();

describe('A manuscript', () => {
  const written = (text: string, { maxWords = 350, piece = 7, complete = true } = {}) => {
    const manuscript = new Manuscript(maxWords);
    for (let at = 0; at < text.length; at += piece) manuscript.add(text.slice(at, at + piece));
    return manuscript.finish(complete);
  };

  it.each([1, 2, 7, 10_000])('takes its first line as the title, in pieces of %i', (piece) => {
    expect(written(`The Harbor\n\n${BODY}`, { piece })).toEqual({
      title: 'The Harbor',
      content: BODY,
      words: 120,
    });
  });

  it.each([
    '# The Harbor',
    '**The Harbor**',
    '"The Harbor"',
    '„The Harbor“',
    'Title: The Harbor',
    '## **The Harbor**',
    '\n\n  The Harbor  ',
  ])('finds the title in %j', (line) => {
    expect(written(`${line}\n\n${BODY}`)!.title).toBe('The Harbor');
  });

  it('calls a story without a title by its beginning', () => {
    for (const text of [BODY, `${BODY}\n\n${BODY}`])
      expect(written(text)).toMatchObject({ title: 'The boats came home before dark…', content: text });
  });

  it('hands out what is new, with the characters before it, never half of one', () => {
    const manuscript = new Manuscript(350);
    manuscript.add('The Harbor\n\nFish \ud83d');
    expect(manuscript.take(100)).toEqual({ title: 'The Harbor', text: 'Fish ', offset: 0 });
    expect(manuscript.take(100)).toBeUndefined();
    manuscript.add('\udc1f and ships');
    expect(manuscript.take(1)).toBeUndefined(); // half of a fish
    expect(manuscript.take(4)).toEqual({ title: 'The Harbor', text: '🐟 a', offset: 5 });
    expect(manuscript.take(100)).toEqual({ title: 'The Harbor', text: 'nd ships', offset: 8 });
  });

  it('keeps paragraphs, and at most one empty line between them', () => {
    expect(written(`T\r\n\r\n${BODY}\n\n\n\n\n${BODY}\n\n`)!.content).toBe(`${BODY}\n\n${BODY}`);
  });

  it('drops what cannot be seen, or turns the direction of what is around it', () => {
    const hidden = '\u0000\u0007\u202e\u2066\u200b\ufeff\u{e0041}\ud800';
    expect(written(`The ${hidden}Harbor\n\n${BODY}${hidden} Done.`)).toMatchObject({
      title: 'The Harbor',
      content: `${BODY} Done.`,
    });
  });

  it('accepts no more text at its maximum, and ends with a whole sentence', () => {
    const manuscript = new Manuscript(100);
    for (let nr = 0; nr < 200 && !manuscript.full; nr += 1)
      manuscript.add(`${nr === 0 ? 'T\n\n' : ''}${SENTENCE}`);
    expect(manuscript.full).toBe(true);
    const story = manuscript.finish(true)!;
    expect(story.words).toBeLessThanOrEqual(100);
    expect(story.words).toBeGreaterThan(90);
    expect(story.content).toMatch(/dark\.$/);
  });

  it('is full of a text without spaces, too', () => {
    const manuscript = new Manuscript(100);
    manuscript.add(`T\n\n${'x'.repeat(50_000)}`);
    expect(manuscript.full).toBe(true);
    expect(manuscript.finish(true)?.content.length ?? 0).toBeLessThanOrEqual(50_000);
  });

  it('ends with the last whole sentence where it was cut off', () => {
    expect(written(`T\n\n${BODY} And then the la`, { complete: false })!.content).toBe(BODY);
    expect(written(`T\n\n${BODY} And then the la`)!.content).toBe(`${BODY} And then the la`);
  });

  it('is no story with a few words, or with none', () => {
    for (const text of ['', 'The Harbor', 'The Harbor\n\nI cannot help with that.', ' \n\n \n'])
      expect(written(text)).toBeUndefined();
  });

  it('counts words of scripts without spaces', () => {
    const story = written(`港\n\n${'昔々、小さな港町に一人の少女が住んでいました。'.repeat(8)}`)!;
    expect(story.words).toBeGreaterThan(60);
  });
});
