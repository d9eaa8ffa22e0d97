import { defineRejection, Rejection, Rules } from '@rookery/domain';

/** The six emoji for reactions, as they are stored and shown. */
export const EMOJI = ['👍', '❤️', '😂', '😮', '😢', '🔥'] as const;
export type Emoji = (typeof EMOJI)[number];

export const EmojiUnknown = defineRejection(
  'stories.emoji-unknown',
  'invalid',
  'This emoji cannot be used as a reaction.',
  `Use one of ${EMOJI.join(' ')}, without a skin tone.`,
  'Not an emoji for reactions',
  { path: 'emoji', rule: Rules.oneOf, params: { values: [...EMOJI] } },
);

/** Variation selectors choose between the colored and the plain form of a character: the same emoji either way. */
const VARIATION_SELECTORS = /[\uFE0E\uFE0F]/g;

const KNOWN = new Map<string, Emoji>(EMOJI.map((emoji) => [withoutSelectors(emoji), emoji]));

/**
 * @param text from a request, with or without variation selectors
 * @returns the emoji as it is stored; undefined for everything else, including skin tones and similar characters
 */
export function findEmoji(text: string): Emoji | undefined {
  return KNOWN.get(withoutSelectors(text));
}

/** Like {@link findEmoji}. @throws Rejection `stories.emoji-unknown` instead of returning undefined */
export function emojiOf(text: string): Emoji {
  const emoji = findEmoji(text);
  if (emoji === undefined) throw new Rejection(EmojiUnknown);
  return emoji;
}

function withoutSelectors(text: string): string {
  return text.replace(VARIATION_SELECTORS, '');
}
