import { Reject } from '@rookery/messaging';
import type { FailureCode } from '../model/failures';
import type { TokenUsage } from '../storage/usage';

/** What a story is written from. */
export interface Brief {
  /** Of the tale: the same id is written the same way by a writer that needs no model. */
  id: string;
  prompt: string | null;
  interests: readonly string[];
  tone: string;
  length: string;
  language: string;
}

/** How an answer ended. */
export interface Ended {
  /** False if it was cut off at a limit. */
  complete: boolean;
  usage: TokenUsage;
  /** The language of the text, where that is not the one that was asked for. */
  language?: string;
}

/** Writes stories: the port to whatever does. */
export abstract class StoryWriter {
  /** Who writes, as users see it: `embedded`, or the name of the provider and its model. */
  abstract readonly name: string;

  /** Milliseconds until it may be called again, where it asked for a pause or has failed repeatedly. */
  get waitMs(): number {
    return 0;
  }

  /** Whether it is left alone after failures, and has not answered since. */
  get failing(): boolean {
    return false;
  }

  /** @returns the highest number of tokens that a story of this length can use; 0 if it costs nothing */
  abstract maxTokens(length: string): number;

  /**
   * @param characters of the answer so far
   * @returns what an answer that was left before its end has used, about
   */
  abstract estimate(brief: Brief, characters: number): TokenUsage;

  /**
   * @param signal ends it, with the reason of the signal
   * @returns the text in pieces, the title in its first line
   * @throws Unavailable if it may work later
   * @throws FinalFailure if it will not
   */
  abstract write(brief: Brief, signal: AbortSignal): AsyncGenerator<string, Ended, void>;
}

/** The provider does not work at the moment. */
export class Unavailable extends Error {
  /**
   * @param message for operators: without texts of the provider, which may repeat a key or a prompt
   * @param retryAfterMs milliseconds after which it asked to be called again
   */
  constructor(
    message: string,
    readonly failure: FailureCode = 'provider-unavailable',
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/** It would fail again. */
export class FinalFailure extends Reject {
  /** @param message for operators, as of {@link Unavailable} */
  constructor(
    message: string,
    readonly failure: FailureCode,
  ) {
    super(message);
  }
}
