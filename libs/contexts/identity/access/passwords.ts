import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { DependencyUnavailable, Rejection } from '@rookery/domain';

/** argon2id (the package's default) with 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet). */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** One thread of libuv's four stays free for files and names. */
const AT_ONCE = 3;
const MOST_WAITING = 100;

/** Password hashes, made and checked off the event loop, a few at a time. */
@Injectable()
export class Passwords {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly dummy = hash('the password of nobody', ARGON2);

  /**
   * @returns a PHC string
   * @throws Rejection `dependency.unavailable` when too many are waiting
   */
  async hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password, ARGON2));
  }

  /**
   * Compares; for nobody in the same time as for somebody.
   *
   * @param passwordHash undefined when there is no such user
   * @throws Rejection `dependency.unavailable` when too many are waiting
   */
  async verify(passwordHash: string | undefined, password: string): Promise<boolean> {
    const against = passwordHash ?? (await this.dummy);
    const same = await this.inTurn(() => verify(against, password));
    return same && passwordHash !== undefined;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= AT_ONCE) {
      if (this.waiting.length >= MOST_WAITING)
        throw new Rejection(DependencyUnavailable, { retryAfterSeconds: 1 });
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else {
      this.running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
