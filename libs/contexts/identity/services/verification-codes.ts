import { Injectable } from '@nestjs/common';
import { DependencyUnavailable, newId, Rejection } from '@rookery/domain';
import { PREFIX, RedisConnections } from '@rookery/redis';
import { CodeExpired, CodeInvalid } from '../model/rejections';
import { CodeFailures } from '../storage/code-failures';
import { Keys } from '../keys';

/** Lifetime of a code in milliseconds, and its maximum wrong attempts. */
export const CODE_TTL_MS = 600_000;
const TRIES = 5;
/** Milliseconds for which the attempts of an address are stored after the last one: a day. */
const MEMORY_MS = 86_400_000;
/** Minimum milliseconds between two resets of the attempts of an address without a pending code. */
const PAUSE_MS = 60_000;

const NOW = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** Announces a code and resets the attempts, unless that happened too recently. */
const ANNOUNCE = `${NOW}
local at = redis.call('HGET', KEYS[1], 'announced')
if at and now - at < tonumber(ARGV[2]) then return end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'id', ARGV[1], 'tries', 0, 'announced', now)
redis.call('PEXPIRE', KEYS[1], ARGV[3])`;

/**
 * Sets a code. An announced code, or one that is sent twice, gets no new attempts; its lifetime starts with the last
 * mail.
 */
const ISSUE = `${NOW}
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'id', ARGV[1], 'tries', 0)
end
if redis.call('HGET', KEYS[1], 'expires') ~= '0' then
  redis.call('HSET', KEYS[1], 'mac', ARGV[2], 'expires', now + ARGV[3])
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])`;

/**
 * Counts the attempt before the comparison, and lets a code be used once. An address without a code gets the same
 * response as one with a different code: only a correct code reveals whether there is one.
 */
const REDEEM = `${NOW}
local tries = redis.call('HINCRBY', KEYS[1], 'tries', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if tries > tonumber(ARGV[2]) then return 'expired' end
if redis.call('HGET', KEYS[1], 'mac') ~= ARGV[1] then return 'invalid' end
if now >= tonumber(redis.call('HGET', KEYS[1], 'expires')) then return 'expired' end
redis.call('HSET', KEYS[1], 'expires', 0, 'tries', 0)
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
    await this.asking(() => this.redis.shared.eval(ANNOUNCE, 1, this.keyOf(email), id, 0, MEMORY_MS));
  }

  /**
   * The same for an address that gets no code, at most once a minute, as for one that gets mails.
   *
   * @throws Rejection `dependency.unavailable`
   */
  async announceToNobody(email: string): Promise<void> {
    await this.asking(() =>
      this.redis.shared.eval(ANNOUNCE, 1, this.keyOf(email), newId(), PAUSE_MS, MEMORY_MS),
    );
  }

  /**
   * Makes a code the only valid one of an address, for 10 minutes from now, with five attempts since it was announced.
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
    const told = await this.redis.shared.eval(REDEEM, 1, key, this.macOf(email, id, code), TRIES, MEMORY_MS);
    return { told, id };
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
