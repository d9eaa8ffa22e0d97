import { Injectable } from '@nestjs/common';
import { Transaction } from '@rookery/persistence';
import { type KeyState, secondsToWait, stepsDue } from '../model/key-stages';
import { KeyPairs, type StoredPair } from './key-pairs';

/** A step was asked for that cannot be taken, or not yet; the message says why. */
export class KeyStepRefused extends Error {}

/** A key as operations see it. */
export interface KeyStage {
  kid: string;
  state: KeyState;
  /** Seconds that it has been in this state. */
  seconds: number;
  /** Seconds until its next step may be taken; undefined for the one that signs, which waits for another. */
  waitSeconds: number | undefined;
}

/**
 * Replaces the key that signs access tokens, in three steps with waiting times between them, so that every token stays
 * valid for whoever verifies it and nobody is signed out. No step is taken with a `MASTER_KEY` that does not open the
 * stored keys: each of them throws an Error then.
 */
@Injectable()
export class KeyRotation {
  constructor(
    private readonly pairs: KeyPairs,
    private readonly transaction: Transaction,
  ) {}

  /** @returns the keys, the newest first. */
  async list(): Promise<KeyStage[]> {
    return (await this.pairs.all()).map(({ kid, state, seconds }) => ({
      kid,
      state,
      seconds: Math.floor(seconds),
      waitSeconds: state === 'signing' ? undefined : secondsToWait(state, seconds),
    }));
  }

  /**
   * Publishes the key that will sign next. Where there is none at all, the new one signs at once.
   *
   * @throws KeyStepRefused when there is a next one already
   */
  async add(): Promise<void> {
    await this.change(async (keys) => {
      if (keys.some(({ state }) => state === 'next'))
        throw new KeyStepRefused('There is a next key already: promote it.');
      await this.pairs.add(keys.some(({ state }) => state === 'signing') ? 'next' : 'signing');
    });
  }

  /**
   * Lets the next key sign from now on; the present one only verifies.
   *
   * @param force although others may not know the key yet: they refuse its tokens until they do
   * @throws KeyStepRefused when there is no next key, or it is too young
   */
  async promote({ force = false } = {}): Promise<void> {
    await this.change(async (keys) => {
      const next = keys.find(({ state }) => state === 'next');
      if (!next) throw new KeyStepRefused('There is no next key: add one.');
      const wait = secondsToWait('next', next.seconds);
      if (wait > 0 && !force)
        throw new KeyStepRefused(`Not everybody knows the next key yet: wait ${wait} s more.`);
      await this.pairs.move('signing', 'retiring');
      await this.pairs.move('next', 'signing');
    });
  }

  /**
   * Forgets the keys that sign no more and whose tokens have expired.
   *
   * @param force also those whose tokens have not: they are void then, and their owners have to refresh them
   * @throws KeyStepRefused when there is none to forget, or all are too young
   */
  async retire({ force = false } = {}): Promise<void> {
    await this.change(async (keys) => {
      const retiring = keys.filter(({ state }) => state === 'retiring');
      if (retiring.length === 0) throw new KeyStepRefused('There is no key to retire.');
      const due = force
        ? retiring
        : retiring.filter(({ seconds }) => secondsToWait('retiring', seconds) === 0);
      if (due.length === 0) {
        const wait = Math.min(...retiring.map(({ seconds }) => secondsToWait('retiring', seconds)));
        throw new KeyStepRefused(`There may be tokens of the key that are still good: wait ${wait} s more.`);
      }
      await this.pairs.remove(due.map(({ kid }) => kid));
    });
  }

  /**
   * Takes the steps that are due by age.
   *
   * @param maxDays that a key shall sign; 0 for as long as nobody says otherwise
   * @returns the steps taken
   */
  async takeStepsDue(maxDays: number): Promise<string[]> {
    return this.change(async (keys) => {
      const steps = stepsDue(keys, maxDays * 86_400);
      for (const step of steps) await this[step]();
      return steps;
    });
  }

  /**
   * One change of the keys at a time, decided on what is stored. Whoever has another master key than the apis changes
   * nothing: they could not sign with what it adds.
   */
  private change<T>(work: (keys: StoredPair[]) => Promise<T>): Promise<T> {
    return this.transaction.run(async () => {
      await this.pairs.lock();
      const keys = await this.pairs.all();
      for (const { privateKey } of keys) this.pairs.decrypt(privateKey);
      return work(keys);
    });
  }
}
