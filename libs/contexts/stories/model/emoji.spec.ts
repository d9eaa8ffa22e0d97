import { EMOJI, emojiOf } from './emoji';

describe('An emoji for reactions', () => {
  it.each(EMOJI)('is %s with any variation selector, or none', (emoji) => {
    const base = emoji.replace('\uFE0F', '');
    for (const text of [emoji, base, `${base}\uFE0F`, `${base}\uFE0E`]) expect(emojiOf(text)).toBe(emoji);
  });

  it.each([
    ['a skin tone', '👍🏽'],
    ['a skin tone behind a selector', '👍\uFE0F🏿'],
    ['another heart', '💜'],
    ['a heart of cards', '♥️'],
    ['the heart with fire', '❤️‍🔥'],
    ['a joiner', '👍\u200D'],
    ['two of them', '🔥🔥'],
    ['the name', ':fire:'],
    ['a selector alone', '\uFE0F'],
    ['nothing', ''],
    ['a space', ' 🔥'],
    ['a tag sequence', '🔥\u{E0067}'],
  ])('is not %s', (_, text) => {
    expect(() => emojiOf(text)).toThrow(expect.objectContaining({ code: 'stories.emoji-unknown' }));
  });
});
