import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Transaction } from '@rookery/persistence';
import { Frames } from '@rookery/realtime';
import { TaleProgress } from '../frames';
import { Manuscript } from '../model/manuscript';
import type { TaleState } from '../model/tale';
import { wordsOf } from '../model/text';
import { TaleSettings } from '../settings';
import { Drafts } from '../storage/drafts';
import { type Ended, StoryWriter, Unavailable } from './story-writer';

/** Milliseconds between two writes of the text, and between two checks of the claim. */
const STEP_MS = 500;
/** Maximum characters of a frame. Text that arrives faster is sent later, or at the end. */
const MAX_FRAME_CHARS = 1_500;
/** Milliseconds that a running generation has to finish on shutdown. The consumer waits 20 s in total. */
const SHUTDOWN_MS = 12_000;

/** The tale was canceled, or another worker has taken it over. */
export class ClaimLost extends Error {}

/** The process is shutting down. Another process starts the generation again. */
export class ShuttingDown extends Error {}

/** The outcome of an attempt. */
export interface Performance {
  text: Manuscript;
  /** Characters that the writer has returned. */
  characters: number;
  /** Absent if the generation was aborted before the end. */
  ended: Ended | undefined;
  /** Why the text cannot be used. */
  failure: Error | undefined;
}

/** Runs the writer, and stores the text as it arrives, as long as the claim is valid. */
@Injectable()
export class Recital implements OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running = 0;

  constructor(
    private readonly drafts: Drafts,
    private readonly frames: Frames,
    private readonly settings: TaleSettings,
    private readonly transaction: Transaction,
    private readonly writer: StoryWriter,
  ) {}

  async onModuleDestroy(): Promise<void> {
    const giveUpAt = performance.now() + SHUTDOWN_MS;
    while (this.running > 0 && performance.now() < giveUpAt) await pause(50);
    this.stopping.abort(new ShuttingDown());
  }

  /**
   * Writes the draft of a tale.
   *
   * @param claim of the draft
   * @param signal of the attempt
   */
  async perform(tale: Readonly<TaleState>, claim: number, signal: AbortSignal): Promise<Performance> {
    this.running += 1;
    const { timeoutSeconds } = this.settings;
    const lost = new AbortController();
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new Unavailable(`It took longer than ${timeoutSeconds} s.`, 'timed-out')),
      timeoutSeconds * 1_000,
    );
    const all = AbortSignal.any([signal, this.stopping.signal, lost.signal, late.signal]);
    const result: Performance = {
      text: new Manuscript(wordsOf(tale.length).max),
      characters: 0,
      ended: undefined,
      failure: undefined,
    };
    const done = new AbortController();
    const storing = this.keepStoring(tale, claim, result.text, done.signal).catch((error: Error) =>
      lost.abort(error),
    );
    try {
      await this.read(tale, result, all);
    } catch (error) {
      result.failure = all.aborted ? (all.reason as Error) : (error as Error);
    } finally {
      clearTimeout(timer);
      done.abort();
      await storing;
      this.running -= 1;
    }
    if (lost.signal.aborted) result.failure = lost.signal.reason as Error;
    return result;
  }

  private async read(tale: Readonly<TaleState>, result: Performance, signal: AbortSignal): Promise<void> {
    const answer = this.writer.write(tale, signal);
    const ends = new Promise<never>((_, fail) => {
      const abort = () => fail(signal.reason as Error);
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    });
    ends.catch(() => undefined);
    try {
      while (!result.text.full) {
        // Do not wait for a writer that ignores its signal.
        const next = await Promise.race([answer.next(), ends]);
        if (next.done) {
          result.ended = next.value;
          return;
        }
        result.characters += next.value.length;
        result.text.add(next.value);
      }
    } finally {
      void answer
        .return({ complete: false, usage: { inputTokens: 0, outputTokens: 0 } })
        .catch(() => undefined);
    }
  }

  /** @throws ClaimLost once the claim is lost; any error of the database */
  private async keepStoring(
    { id, userId }: Readonly<TaleState>,
    claim: number,
    text: Manuscript,
    done: AbortSignal,
  ): Promise<void> {
    while (!done.aborted) {
      await pause(STEP_MS, undefined, { signal: done }).catch(() => undefined);
      const added = text.take(MAX_FRAME_CHARS);
      const holds = added
        ? await this.transaction.run(() => this.show(id, userId, claim, added))
        : done.aborted || (await this.drafts.holds(id, claim));
      if (!holds) throw new ClaimLost();
    }
  }

  private async show(
    taleId: string,
    userId: string,
    claim: number,
    added: { title: string | undefined; text: string; offset: number },
  ): Promise<boolean> {
    if (!(await this.drafts.append(taleId, claim, added))) return false;
    const { title, text, offset } = added;
    await this.frames.send(TaleProgress, [userId], { taleId, offset, text, ...(title && { title }) });
    return true;
  }
}
