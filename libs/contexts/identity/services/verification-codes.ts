import { Injectable } from '@nestjs/common';
import { DependencyUnavailable, Rejection } from '@rookery/domain';
import { PREFIX, RedisConnections } from '@rookery/redis';
import { CodeExpired, CodeInvalid } from '../model/rejections';
import { CodeFailures } from '../storage/code-failures';
import { Keys } from '../keys';

/** Lifetime of a code in milliseconds, and its maximum wrong attempts. */
export const CODE_TTL_MS = 600_000;
const TRIES = 5;
/** Milliseconds for which the attempts of an address are stored after the last one: a day. */
const MEMORY_MS = 86_400_000;
/**
 * Minimum milliseconds between two resets of the attempts of an address that is not registered again. A little less than
 * between two mails, so that each mail comes with attempts.
 */
const PAUSE_MS = 50_000;

const NOW = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** Sets the id of the coming code; an earlier code is invalid. */
const ANNOUNCE = `redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'id', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/**
 * Resets the attempts, unless that happened too recently. They are stored apart from the code, and depend on nothing but
 * registrations, requests and attempts: otherwise a mail would reveal that the address has a pending account.
 */
const RESET = `${NOW}
local at = redis.call('HGET', KEYS[1], 'reset')
if at and now - at < tonumber(ARGV[1]) then return end
redis.call('HSET', KEYS[1], 'tries', 0, 'reset', now)
redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** Sets a code. Its lifetime starts with the last mail; a used one remains used. */
const ISSUE = `${NOW}
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'id', ARGV[1])
end
if redis.call('HGET', KEYS[1], 'expires') ~= '0' then
  redis.call('HSET', KEYS[1], 'mac', ARGV[2], 'expires', now + ARGV[3])
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])`;

/**
 * Counts the attempt before the comparison, and lets a code be used once. An address without a code gets the same
 * response as one with a different code: only a correct code reveals whether there is one. It does not count as an attempt.
 */
const REDEEM = `${NOW}
local tries = redis.call('HINCRBY', KEYS[2], 'tries', 1)
redis.call('PEXPIRE', KEYS[2], ARGV[3])
if tries > tonumber(ARGV[2]) then return 'expired' end
if redis.call('HGET', KEYS[1], 'mac') ~= ARGV[1] then return 'invalid' end
if now >= tonumber(redis.call('HGET', KEYS[1], 'expires')) then return 'expired' end
redis.call('HSET', KEYS[1], 'expires', 0)
redis.call('HINCRBY', KEYS[2], 'tries', -1)
return 'valid'`;

/**
 * @returns a substitute for the address if the code is for the new address of an account: attempts of others do not
 *   count against it, and it is not a valid e-mail address
 */
export function newAddressOf(userId: string): string {
  return `new address of ${userId}`;
}

/** The codes sent by mail: HMACs in Redis, with a TTL and a number of attempts. */
@Injectable()
export class VerificationCodes {
  constructor(
    private readonly failures: CodeFailures,
    private readonly keys: Keys,
    private readonly redis: RedisConnections,
  ) {}

  /** @throws Rejection `dependency.unavailable` if codes can be neither stored nor checked */
  async ensureAvailable(): Promise<void> {
    await this.asking(() => this.redis.shared.ping());
  }

  /**
   * Invalidates the code of an address and allows five attempts.
   *
   * @param id of the verification of the coming code; any other id for a decoy
   * @throws Rejection `dependency.unavailable`
   */
  async announce(email: string, id: string): Promise<void> {
    await Promise.all([this.replace(email, id), this.reset(email, 0)]);
  }

  /**
   * Invalidates the code of an address for that of another mail. The attempts do not change.
   *
   * @param id of the verification of the coming code
   * @throws Rejection `dependency.unavailable`
   */
  async replace(email: string, id: string): Promise<void> {
    await this.asking(() => this.redis.shared.eval(ANNOUNCE, 1, this.keyOf(email), id, MEMORY_MS));
  }

  /**
   * Allows five attempts again, at most once every 50 seconds. Call it for any address, whether or not another mail can
   * be sent to it. Its code remains valid.
   *
   * @throws Rejection `dependency.unavailable`
   */
  async allowAgain(email: string): Promise<void> {
    await this.reset(email, PAUSE_MS);
  }

  /**
   * Makes a code the only valid one of an address, for 10 minutes from now. The attempts do not change.
   *
   * @param id of the code's verification
   */
  async issue(email: string, id: string, code: string): Promise<void> {
    const mac = this.macOf(email, id, code);
    await this.redis.shared.eval(ISSUE, 1, this.keyOf(email), id, mac, CODE_TTL_MS, MEMORY_MS);
  }

  /**
   * Consumes an address's code. After a hundred wrong ones in a row no code of the address is valid any more. An
   * address without a code gets the same result as one with a different code.
   *
   * @returns the id of the code's verification
   * @throws Rejection `identity.code-invalid`, `identity.code-expired`, or `dependency.unavailable`
   */
  async redeem(email: string, code: string): Promise<string> {
    const address = this.keys.mac('attempts', 'verify-email', email);
    if (!(await this.failures.count(address))) throw new Rejection(CodeExpired);
    let outcome: { told: unknown; id: string } | undefined;
    try {
      outcome = await this.asking(() => this.compare(email, code));
    } finally {
      if (outcome?.told === 'valid') await this.failures.forgive(address);
      else if (outcome?.told !== 'invalid') await this.failures.withdraw(address);
    }
    if (outcome.told === 'expired') throw new Rejection(CodeExpired);
    if (outcome.told !== 'valid') throw new Rejection(CodeInvalid);
    return outcome.id;
  }

  private async compare(email: string, code: string): Promise<{ told: unknown; id: string }> {
    const key = this.keyOf(email);
    const id = (await this.redis.shared.hget(key, 'id')) ?? '';
    const mac = this.macOf(email, id, code);
    const told = await this.redis.shared.eval(REDEEM, 2, key, this.attemptsOf(email), mac, TRIES, MEMORY_MS);
    return { told, id };
  }

  private async reset(email: string, pauseMs: number): Promise<void> {
    await this.asking(() => this.redis.shared.eval(RESET, 1, this.attemptsOf(email), pauseMs, MEMORY_MS));
  }

  private keyOf(email: string): string {
    return `${PREFIX}:code:${this.keys.mac('code-pepper', 'address', email).toString('hex')}`;
  }

  private attemptsOf(email: string): string {
    return `${PREFIX}:code-attempts:${this.keys.mac('code-pepper', 'address', email).toString('hex')}`;
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
