import { Reject } from '@rookery/messaging';
import type { FailureCode } from '../model/failures';
import type { TokenUsage } from '../storage/usage';

/** The input for a story. */
export interface Brief {
  /** Id of the tale. The embedded writer writes the same story for the same id. */
  id: string;
  prompt: string | null;
  interests: readonly string[];
  tone: string;
  length: string;
  language: string;
}

/** How a generation ended. */
export interface Ended {
  /** False if it was cut off at a limit. */
  complete: boolean;
  usage: TokenUsage;
  /** The language of the text, if it is not the requested one. */
  language?: string;
}

/** Port: writes stories. */
export abstract class StoryWriter {
  /** Name of the writer, as users see it: `embedded`, or the provider and its model. */
  abstract readonly name: string;

  /** Milliseconds until it may be called again, if it requested a pause or has failed repeatedly. */
  get waitMs(): number {
    return 0;
  }

  /** Whether it is paused after repeated failures and has not responded since. */
  get failing(): boolean {
    return false;
  }

  /** @returns the highest number of tokens that a story of this length can use; 0 if it costs nothing */
  abstract maxTokens(length: string): number;

  /**
   * @param characters characters of the text so far
   * @returns the estimated usage of a generation that was aborted
   */
  abstract estimate(brief: Brief, characters: number): TokenUsage;

  /**
   * @param signal aborts it, with the reason of the signal
   * @returns the text in pieces, the title in its first line
   * @throws Unavailable if a later attempt can succeed
   * @throws FinalFailure if a retry would fail again
   */
  abstract write(brief: Brief, signal: AbortSignal): AsyncGenerator<string, Ended, void>;
}

/** The provider does not work at the moment. */
export class Unavailable extends Error {
  /**
   * @param message for operators: without texts of the provider, which may repeat a key or a prompt
   * @param retryAfterMs milliseconds to wait, as requested by the provider
   */
  constructor(
    message: string,
    readonly failure: FailureCode = 'provider-unavailable',
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/** The generation would fail again. */
export class FinalFailure extends Reject {
  /** @param message for operators, like that of {@link Unavailable} */
  constructor(
    message: string,
    readonly failure: FailureCode,
  ) {
    super(message);
  }
}
