import { Injectable } from '@nestjs/common';
import { Snooze } from '@rookery/messaging';
import { PREFIX, RedisConnections } from '@rookery/redis';
import type { ProviderName } from './provider';
import { MailSettings } from './settings';

/**
 * A virtual schedule (GCRA): the key holds the time at which the next mail would be due if mails were evenly spaced. It
 * can be at most one window ahead; a mail that would exceed this must wait. @returns milliseconds to wait; 0 if the
 * mail is counted
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local interval, window, room = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local wait = due + math.min(interval, room) - room - now
if wait > 0 then return math.ceil(wait) end
redis.call('SET', KEYS[1], string.format('%.3f', due + interval), 'PX', math.ceil(window + interval))
return 0`;

/** The limits of each provider, for all workers together. */
@Injectable()
export class ProviderLimits {
  constructor(
    private readonly settings: MailSettings,
    private readonly redis: RedisConnections,
  ) {}

  /**
   * @param isBulk bulk mails can use half of the window, the other half is for mails that somebody waits for; a window
   *   of one mail is not divided
   * @returns maximum number of mails that a provider gets at once; infinite without a limit
   */
  most(provider: ProviderName, isBulk: boolean): number {
    const { limit = Infinity } = this.settings.limits.get(provider) ?? {};
    return isBulk ? Math.max(1, Math.floor(limit / 2)) : limit;
  }

  /**
   * Counts mails to a provider. Without Redis nothing is counted, and the provider itself rejects excess mails.
   *
   * @param mails number of mails, at most {@link most}
   * @param isBulk as for {@link most}
   * @throws Snooze until the limit allows the mails
   */
  async take(provider: ProviderName, mails: number, isBulk: boolean): Promise<void> {
    const limit = this.settings.limits.get(provider);
    if (!limit) return;
    const windowMs = limit.seconds * 1_000;
    const spacing = (mails * windowMs) / limit.limit;
    const wait = await this.redis.shared
      .eval(TAKE, 1, `${PREFIX}:mail-limit:${provider}`, spacing, windowMs, isBulk ? windowMs / 2 : windowMs)
      .catch(() => 0);
    // With jitter, so that the waiting mails are not all retried at once.
    if (Number(wait) > 0) throw new Snooze(Math.ceil(Number(wait) * (1 + Math.random())));
  }
}
