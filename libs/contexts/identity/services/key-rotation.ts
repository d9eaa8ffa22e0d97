import { Injectable } from '@nestjs/common';
import { Transaction } from '@rookery/persistence';
import { type KeyState, secondsToWait, stepsDue } from '../model/key-stages';
import { KeyPairs, type StoredPair } from './key-pairs';

/** The requested step cannot be taken, or not yet; the message says why. */
export class KeyStepRefused extends Error {}

/** A key as shown to operators. */
export interface KeyStage {
  kid: string;
  state: KeyState;
  /** Seconds in this state. */
  seconds: number;
  /** Seconds until its next step may be taken; undefined for the signing key, which waits for another. */
  waitSeconds: number | undefined;
}

/**
 * Rotates the signing key of access tokens, in three steps with waiting times, so that every token stays valid for all
 * verifiers and nobody is signed out. Every step throws an Error if `MASTER_KEY` cannot decrypt the stored keys.
 */
@Injectable()
export class KeyRotation {
  constructor(
    private readonly pairs: KeyPairs,
    private readonly transaction: Transaction,
  ) {}

  /** @returns the keys, newest first. */
  async list(): Promise<KeyStage[]> {
    return (await this.pairs.all()).map(({ kid, state, seconds }) => ({
      kid,
      state,
      seconds: Math.floor(seconds),
      waitSeconds: state === 'signing' ? undefined : secondsToWait(state, seconds),
    }));
  }

  /**
   * Publishes the key that will sign next. If there is no key at all, the new one signs at once.
   *
   * @throws KeyStepRefused if there is already a next one
   */
  async add(): Promise<void> {
    await this.change(async (keys) => {
      if (keys.some(({ state }) => state === 'next'))
        throw new KeyStepRefused('There is a next key already: promote it.');
      await this.pairs.add(keys.some(({ state }) => state === 'signing') ? 'next' : 'signing');
    });
  }

  /**
   * Makes the next key the signing key; the current one only verifies.
   *
   * @param force even if some verifiers do not have the key yet; they reject its tokens until they have it
   * @throws KeyStepRefused if there is no next key, or it is too young
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
   * Deletes retired keys whose tokens have expired.
   *
   * @param force also those whose tokens have not expired: these become invalid and must be refreshed
   * @throws KeyStepRefused if there is none to delete, or all are too young
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
        throw new KeyStepRefused(`Tokens of the key can still be valid: wait ${wait} s more.`);
      }
      await this.pairs.remove(due.map(({ kid }) => kid));
    });
  }

  /**
   * Takes the steps that are due by age.
   *
   * @param maxDays maximum days for which a key signs; 0 turns rotation off
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
   * Serializes changes of the keys, based on the stored state. A process whose master key differs from that of the apis
   * must not change keys, because the apis could not use them.
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
