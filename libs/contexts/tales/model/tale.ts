import { Aggregate, type AggregateState, newId, Rejection } from '@rookery/domain';
import { TaleCancelled, TaleFailed, TaleGenerated, TaleRequested } from '../contract';
import { TaleStarted } from '../events';
import type { FailureCode } from './failures';
import { NotActive, NotFailed } from './rejections';

/** Maximum unfinished tales per user. */
export const MAX_ACTIVE = 3;

export const STATUSES = ['requested', 'generating', 'ready', 'failed', 'cancelled'] as const;
export type Status = (typeof STATUSES)[number];

/** The options of a tale. */
export interface Wish {
  /** The topic, in the user's words. */
  prompt: string | null;
  interests: string[];
  tone: string;
  length: string;
  /** Language tag (BCP 47). */
  language: string;
}

/** A finished text. */
export interface Story {
  title: string;
  content: string;
  words: number;
  /** The language of the text, if it is not the requested one. */
  language?: string;
}

export interface TaleState extends AggregateState, Wish {
  userId: string;
  status: Status;
  /** Number of requests: 1, plus 1 for each retry. */
  run: number;
  /** Who wrote it, or is writing it: `embedded`, or the name of a provider and its model. */
  generator: string | null;
  title: string | null;
  content: string | null;
  words: number | null;
  failure: FailureCode | null;
  createdAt: Date;
  /** When it was last requested. */
  requestedAt: Date;
  finishedAt: Date | null;
}

/**
 * A story that is written for one user: requested → generating → ready, failed or cancelled.
 *
 * Its version after {@link begin} is the claim of the worker that generates it. Any change of the tale in between
 * invalidates the claim, so between two workers, or a worker and a cancellation, exactly one wins.
 */
export class Tale extends Aggregate<TaleState> {
  static request(userId: string, wish: Wish, now: Date): Tale {
    const tale = new Tale({
      ...wish,
      id: newId(),
      version: 0,
      userId,
      status: 'requested',
      run: 1,
      generator: null,
      title: null,
      content: null,
      words: null,
      failure: null,
      createdAt: now,
      requestedAt: now,
      finishedAt: null,
    });
    tale.raise(TaleRequested, { userId, run: 1 });
    return tale;
  }

  get userId(): string {
    return this.state.userId;
  }

  get active(): boolean {
    return this.state.status === 'requested' || this.state.status === 'generating';
  }

  /**
   * Starts the generation. Also starts a failed tale: an operator has redriven it.
   *
   * @param run number of the request that this is for
   * @param generator who writes it
   * @returns false if there is nothing to do: the tale is ready or canceled, or has been requested again since
   */
  begin(run: number, generator: string): boolean {
    if (run !== this.state.run || this.state.status === 'ready' || this.state.status === 'cancelled')
      return false;
    Object.assign(this.state, { status: 'generating', generator, failure: null, finishedAt: null });
    this.raise(TaleStarted, { userId: this.userId });
    return true;
  }

  /** @param claim its version after {@link begin} */
  holds(claim: number): boolean {
    return this.state.status === 'generating' && this.state.version === claim;
  }

  /** The text is complete. */
  finish({ title, content, words, language = this.state.language }: Story, now: Date): void {
    Object.assign(this.state, { status: 'ready', title, content, words, language, finishedAt: now });
    this.raise(TaleGenerated, { userId: this.userId });
  }

  /**
   * Marks the tale as failed. It is not retried automatically.
   *
   * @param run number of the request that this is for
   * @returns false if it is finished, or has been requested again since
   */
  fail(run: number, failure: FailureCode, now: Date): boolean {
    if (run !== this.state.run || !this.active) return false;
    Object.assign(this.state, { status: 'failed', failure, finishedAt: now });
    this.raise(TaleFailed, { userId: this.userId, failure });
    return true;
  }

  /**
   * @returns false if it is already canceled
   * @throws Rejection `tales.not-active` if it is ready or has failed
   */
  cancel(now: Date): boolean {
    if (this.state.status === 'cancelled') return false;
    if (!this.active) throw new Rejection(NotActive);
    Object.assign(this.state, { status: 'cancelled', finishedAt: now });
    this.raise(TaleCancelled, { userId: this.userId });
    return true;
  }

  /**
   * Requests it again.
   *
   * @throws Rejection `tales.not-failed` unless it has failed
   */
  retry(now: Date): void {
    if (this.state.status !== 'failed') throw new Rejection(NotFailed);
    const run = this.state.run + 1;
    Object.assign(this.state, {
      status: 'requested',
      run,
      generator: null,
      failure: null,
      requestedAt: now,
      finishedAt: null,
    });
    this.raise(TaleRequested, { userId: this.userId, run });
  }
}
