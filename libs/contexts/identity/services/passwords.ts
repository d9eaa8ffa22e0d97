import { Injectable } from '@nestjs/common';
import type * as Argon2 from '@node-rs/argon2';
import type * as Bcrypt from '@node-rs/bcrypt';
import { counter } from '@rookery/observability';
import { normalizePassword } from '../model/password-policy';
import { type HashingPurpose, HashingQueue } from './hashing-queue';

/** Native code, loaded with the first password, because the worker handles none. */
const argon2 = () => require('@node-rs/argon2') as typeof Argon2;
const bcrypt = () => require('@node-rs/bcrypt') as typeof Bcrypt;

/** argon2id (the package's default) with 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet). */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const ARGON2ID = 2;
/** Prefixes of bcrypt hashes; all mean the same algorithm. */
const BCRYPT = /^\$2[aby]\$/;

const operations = counter({
  name: 'rookery_password_operations_total',
  help: 'Password hashes and comparisons, including comparisons for unknown users.',
  labels: ['operation'],
});

/** Hashes and compares passwords outside of the event loop, a few at a time. */
@Injectable()
export class Passwords {
  private readonly queue = new HashingQueue();
  private dummy: Promise<string> | undefined;

  /**
   * @param purpose `register` for anonymous callers: such hashes wait for all others
   * @param like an argon2 hash whose salt is reused, if given: the same password then has the same hash, which saves a
   *   comparison
   * @returns a PHC string
   * @throws Rejection `dependency.unavailable` if too many are waiting
   */
  async hash(password: string, purpose: 'hash' | 'register' = 'hash', like?: string): Promise<string> {
    const salt = like === undefined ? undefined : saltOf(like);
    const options = { ...ARGON2, ...(salt && { salt }) };
    return this.inTurn(purpose, () => argon2().hash(normalizePassword(password), options));
  }

  /**
   * Compares in the same time for an unknown user as for a known one.
   *
   * @param passwordHash argon2 or bcrypt; undefined if there is no such user; any other text matches no password
   * @throws Rejection `dependency.unavailable` if too many are waiting
   */
  async verify(passwordHash: string | undefined, password: string): Promise<boolean> {
    const dummy = await (this.dummy ??= argon2().hash('the password of nobody', ARGON2));
    return this.inTurn('compare', async () => {
      // Hashes from before normalization, and imported ones, are of the unnormalized password.
      for (const typed of new Set([normalizePassword(password), password])) {
        if (await isSame(passwordHash, typed, dummy)) return true;
      }
      return false;
    });
  }

  /** Whether a password should be rehashed: an imported bcrypt hash, or argon2 with older parameters. */
  outdated(passwordHash: string): boolean {
    const parameters = parametersOf(passwordHash);
    return (
      !parameters ||
      Number(parameters.algorithm) !== ARGON2ID ||
      parameters.memoryCost !== ARGON2.memoryCost ||
      parameters.timeCost !== ARGON2.timeCost ||
      parameters.parallelism !== ARGON2.parallelism
    );
  }

  private inTurn<T>(purpose: HashingPurpose, work: () => Promise<T>): Promise<T> {
    return this.queue.run(purpose, () => {
      operations.inc({ operation: purpose === 'compare' ? 'compare' : 'hash' });
      return work();
    });
  }
}

/** @param dummy hash for the comparison if there is no real one */
async function isSame(passwordHash: string | undefined, password: string, dummy: string): Promise<boolean> {
  if (passwordHash !== undefined && BCRYPT.test(passwordHash)) return bcrypt().verify(password, passwordHash);
  const genuine = passwordHash !== undefined && parametersOf(passwordHash) !== undefined;
  const same = await argon2().verify(genuine ? passwordHash : dummy, password);
  return same && genuine;
}

/** @returns the salt in a PHC string, its second to last part; undefined if it is not an argon2 hash */
function saltOf(passwordHash: string): Buffer | undefined {
  const salt = passwordHash.split('$').at(-2);
  return parametersOf(passwordHash) && salt ? Buffer.from(salt, 'base64') : undefined;
}

/** @returns undefined if it is not an argon2 hash */
function parametersOf(passwordHash: string): Argon2.ParsedHashOptions | undefined {
  try {
    return argon2().parseOptions(passwordHash);
  } catch {
    return undefined;
  }
}
