import { Injectable } from '@nestjs/common';
import { newId } from '@rookery/domain';
import { PREFIX, RedisConnections } from '@rookery/redis';
import { counter, workContext } from '@rookery/observability';
import { Transaction } from '@rookery/persistence';

const lookups = counter({
  name: 'rookery_cache_lookups_total',
  help: 'Answers looked up in the cache: hit, miss, refresh (a hit that was renewed early), away (Redis did not answer).',
  labels: ['outcome'],
});
const loads = counter({
  name: 'rookery_cache_loads_total',
  help: 'Queries that were run because the cache had no answer or an old one.',
});

/** How long one process has the right to fill an entry, in ms. */
const LEASE_MS = 2_000;

/** Reads an entry with its age limit; where there is none, takes the lease on it unless somebody else has it. */
const READ = `
local value = redis.call('GET', KEYS[1])
if value then return {value, redis.call('PTTL', KEYS[1])} end
redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
return {}`;

/** Fills an entry if the lease is still one's own: `forget` ends it, so that what was read before is not kept. */
const FILL = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

interface Looked {
  text: string;
  outcome: 'HIT' | 'MISS';
}

/** An entry as Redis holds it. */
interface Entry {
  /** The answer, as JSON. */
  text: string;
  /** What it cost to make, in ms. */
  cost: number;
  /** Milliseconds until it ends. */
  left: number;
}

/**
 * Answers kept in Redis, cache-aside. Callers in one process who want the same entry at the same time share one look
 * and one query; across processes a lease lets one of them fill it, the others ask the database and keep nothing, so
 * that nobody waits. An entry in demand is renewed shortly before it ends while it is still served. Without Redis
 * everything is asked of the database.
 */
@Injectable()
export class Cache {
  private readonly flights = new Map<string, Promise<Looked>>();

  constructor(
    private readonly redis: RedisConnections,
    private readonly transaction: Transaction,
  ) {}

  /**
   * @param key of the entry
   * @param seconds the entry is good for, give or take a tenth
   * @param load asks the database; sees what is committed, also when it is called inside a transaction
   * @returns what `load` returns or returned, as JSON makes it; each caller gets a copy of its own
   * @throws what `load` throws; that is not kept
   */
  async through<T>(key: string, seconds: number, load: () => Promise<T>): Promise<T> {
    let flight = this.flights.get(key);
    if (!flight) {
      const own = this.look(key, seconds, load).finally(() => {
        if (this.flights.get(key) === own) this.flights.delete(key);
      });
      flight = own;
      this.flights.set(key, own);
    }
    const { text, outcome } = await flight;
    note(outcome);
    return JSON.parse(text) as T;
  }

  /**
   * Deletes an entry; what others are about to put there is not kept either.
   *
   * @throws Error when Redis does not answer; the caller has to try again
   */
  async forget(key: string): Promise<void> {
    this.flights.delete(key); // who asks from now on does not share a query that began before
    await this.redis.cache.del(...keysOf(key));
  }

  /**
   * Deletes an entry as soon as the present transaction is committed, before its result is answered: whoever asks
   * afterwards sees the change. Where Redis does not answer that is left to the subscriber that forgets it too.
   */
  forgetAfterCommit(key: string): void {
    this.transaction.afterCommit(() => this.forget(key).catch(() => undefined));
  }

  private async look(key: string, seconds: number, load: () => Promise<unknown>): Promise<Looked> {
    const lease = newId();
    const known = await this.redis.cacheBreaker.run(() => this.read(key, lease));
    if (known) {
      const refresh = isDueEarly(known);
      lookups.inc({ outcome: refresh ? 'refresh' : 'hit' });
      if (refresh) void this.refresh(key, seconds, load).catch(() => undefined); // the entry is good for a while yet
      return { text: known.text, outcome: 'HIT' };
    }
    lookups.inc({ outcome: known === null ? 'miss' : 'away' });
    return { text: await this.load(key, seconds, lease, load), outcome: 'MISS' };
  }

  private async read(key: string, lease: string): Promise<Entry | null> {
    const found = (await this.redis.cache.eval(READ, 2, ...keysOf(key), lease, LEASE_MS)) as
      [string, number] | [];
    if (found.length === 0) return null;
    const [value, left] = found;
    const end = value.indexOf(' ');
    return { cost: Number(value.slice(0, end)), text: value.slice(end + 1), left };
  }

  private async refresh(key: string, seconds: number, load: () => Promise<unknown>): Promise<void> {
    const lease = newId();
    const [, leaseKey] = keysOf(key);
    if ((await this.redis.cache.set(leaseKey, lease, 'PX', LEASE_MS, 'NX')) === null) return;
    await this.load(key, seconds, lease, load);
  }

  private async load(
    key: string,
    seconds: number,
    lease: string,
    load: () => Promise<unknown>,
  ): Promise<string> {
    const started = performance.now();
    loads.inc();
    const text = JSON.stringify(await this.transaction.outside(load));
    const cost = Math.ceil(performance.now() - started);
    const lifeMs = Math.round(seconds * 1_000 * (0.9 + Math.random() * 0.2));
    await this.redis.cacheBreaker.run(() =>
      this.redis.cache.eval(FILL, 2, ...keysOf(key), lease, `${cost} ${text}`, lifeMs),
    );
    return text;
  }
}

function keysOf(key: string): [entry: string, lease: string] {
  return [`${PREFIX}:cache:${key}`, `${PREFIX}:cache-lease:${key}`];
}

/**
 * XFetch (Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015): the nearer
 * the end and the dearer the answer, the likelier is one reader to renew it while the others are still served.
 */
function isDueEarly({ cost, left }: Entry): boolean {
  return -cost * Math.log(Math.random()) >= left;
}

/** Tells the route what to say in `X-Cache`; outside of a request nobody asks. */
function note(outcome: 'HIT' | 'MISS'): void {
  const context = workContext();
  if (!Object.isFrozen(context)) context.cache = outcome;
}
