import { setTimeout as pause } from 'node:timers/promises';
import { compose } from './embedded/compose';
import { type Brief, type Ended, StoryWriter } from './story-writer';

/** Words per piece, and milliseconds between two pieces: about as fast as a model. */
const WORDS = 4;
const PACE_MS = 25;
const NOTHING = { inputTokens: 0, outputTokens: 0 };

/** Writes stories from a grammar, for systems without a language model. Costs nothing and never fails. */
export class EmbeddedWriter extends StoryWriter {
  override readonly name = 'embedded';

  override maxTokens(): number {
    return 0;
  }

  override estimate(): typeof NOTHING {
    return NOTHING;
  }

  override async *write(brief: Brief, signal: AbortSignal): AsyncGenerator<string, Ended, void> {
    const { title, paragraphs, language } = compose(brief);
    const text = [title, ...paragraphs].join('\n\n');
    for (const [piece] of text.matchAll(new RegExp(`(?:\\S+\\s*){1,${WORDS}}`, 'g'))) {
      yield piece;
      await pause(PACE_MS, undefined, { signal });
    }
    return { complete: true, usage: NOTHING, ...(!sameLanguage(brief.language, language) && { language }) };
  }
}

function sameLanguage(asked: string, written: string): boolean {
  return asked.toLowerCase().split('-')[0] === written;
}
