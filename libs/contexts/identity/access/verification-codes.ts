import { Injectable } from '@nestjs/common';
import { DependencyUnavailable, Rejection } from '@rookery/domain';
import { PREFIX, RedisConnections } from '@rookery/messaging';
import { CodeExpired, CodeInvalid } from '../model/rejections';
import { CodeFailures } from '../storage/code-failures';
import { Keys } from './keys';

/** Milliseconds a code is good for, and the wrong tries it takes. */
export const CODE_TTL_MS = 600_000;
const TRIES = 5;

/** Sets a code; the same one again, from a mail sent twice, gets no new tries. */
const ISSUE = `
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'id', ARGV[1], 'mac', ARGV[2], 'tries', 0)
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])`;

/** Counts the try before it compares, and lets a code be used once. */
const REDEEM = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 'expired' end
if redis.call('HINCRBY', KEYS[1], 'tries', 1) > tonumber(ARGV[2]) then return 'expired' end
if redis.call('HGET', KEYS[1], 'mac') ~= ARGV[1] then return 'invalid' end
redis.call('DEL', KEYS[1])
return 'valid'`;

/** The codes sent by mail: HMACs in Redis, with a time limit and a number of tries. */
@Injectable()
export class VerificationCodes {
  constructor(
    private readonly failures: CodeFailures,
    private readonly keys: Keys,
    private readonly redis: RedisConnections,
  ) {}

  /** @throws Rejection `dependency.unavailable` when codes can be neither stored nor checked */
  async ensureAvailable(): Promise<void> {
    await this.asking(() => this.redis.shared.ping());
  }

  /**
   * Makes a code the only valid one of an address, for 10 minutes from now and five tries.
   *
   * @param id of the verification that the code belongs to
   */
  async issue(email: string, id: string, code: string): Promise<void> {
    await this.redis.shared.eval(ISSUE, 1, this.keyOf(email), id, this.macOf(email, id, code), CODE_TTL_MS);
  }

  /**
   * Makes the code of an address void.
   *
   * @throws Rejection `dependency.unavailable`
   */
  async withdraw(email: string): Promise<void> {
    await this.asking(() => this.redis.shared.del(this.keyOf(email)));
  }

  /**
   * Uses an address's code up. After a hundred wrong ones in a row no code of the address is valid any more.
   *
   * @throws Rejection `identity.code-invalid`, `identity.code-expired`, or `dependency.unavailable`
   */
  async redeem(email: string, code: string): Promise<void> {
    const address = this.keys.mac('attempts', 'verify-email', email);
    if (!(await this.failures.count(address))) throw new Rejection(CodeExpired);
    let outcome: unknown;
    try {
      outcome = await this.asking(() => this.compare(email, code));
    } finally {
      if (outcome === 'valid') await this.failures.forgive(address);
      else if (outcome !== 'invalid') await this.failures.withdraw(address);
    }
    if (outcome === 'expired') throw new Rejection(CodeExpired);
    if (outcome !== 'valid') throw new Rejection(CodeInvalid);
  }

  private async compare(email: string, code: string): Promise<unknown> {
    const id = await this.redis.shared.hget(this.keyOf(email), 'id');
    if (id === null) return 'expired';
    return this.redis.shared.eval(REDEEM, 1, this.keyOf(email), this.macOf(email, id, code), TRIES);
  }

  private keyOf(email: string): string {
    return `${PREFIX}:code:${this.keys.mac('code-pepper', 'address', email).toString('hex')}`;
  }

  private macOf(email: string, id: string, code: string): string {
    return this.keys.mac('code-pepper', 'verify-email', email, id, code).toString('hex');
  }

  private async asking<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch {
      throw new Rejection(DependencyUnavailable, { retryAfterSeconds: 5 });
    }
  }
}
