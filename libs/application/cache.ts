import { Injectable } from '@nestjs/common';
import { newId } from '@rookery/domain';
import { PREFIX, RedisConnections } from '@rookery/redis';
import { counter, workContext } from '@rookery/observability';
import { Transaction } from '@rookery/persistence';

const lookups = counter({
  name: 'rookery_cache_lookups_total',
  help: 'Cache lookups, by outcome: hit, miss, refresh (a hit that was renewed early), away (Redis did not respond).',
  labels: ['outcome'],
});
const loads = counter({
  name: 'rookery_cache_loads_total',
  help: 'Queries that were run because the cache had no entry or an old one.',
});

/** Lease of a process that fills an entry, in ms. */
const LEASE_MS = 2_000;

/** Reads an entry with its expiry; if there is none, takes the lease unless another process has it. */
const READ = `
local value = redis.call('GET', KEYS[1])
if value then return {value, redis.call('PTTL', KEYS[1])} end
redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
return {}`;

/** Fills an entry if the lease is still held: `forget` ends it, so that data read before is not cached. */
const FILL = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

interface Looked {
  text: string;
  outcome: 'HIT' | 'MISS';
}

/** An entry as stored in Redis. */
interface Entry {
  /** The result, as JSON. */
  text: string;
  /** Time it took to load, in ms. */
  cost: number;
  /** Milliseconds until it expires. */
  left: number;
}

/**
 * Cache-aside in Redis. Concurrent callers of one entry in a process share one lookup and one query. Across processes a
 * lease lets one of them fill it; the others query the database and store nothing, so that nobody waits. A frequently
 * used entry is renewed shortly before it expires while it is still served. Without Redis everything is read from the
 * database.
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
   * @param seconds time to live, plus or minus a tenth
   * @param load queries the database; sees only committed data, also if called inside a transaction
   * @returns the result of `load`, now or earlier, after a JSON round trip; each caller gets its own copy
   * @throws what `load` throws; errors are not cached
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
   * Deletes an entry; a result that another process is about to store is discarded too.
   *
   * @throws Error if Redis does not answer; the caller has to retry
   */
  async forget(key: string): Promise<void> {
    this.flights.delete(key); // later callers do not share a query that began before
    await this.redis.cache.del(...keysOf(key));
  }

  /**
   * Deletes an entry as soon as the current transaction is committed, before the response: later reads see the change.
   * If Redis does not answer, the subscriber that also deletes the entry does it.
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
      if (refresh) void this.refresh(key, seconds, load).catch(() => undefined); // the entry is still valid for a while
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
 * XFetch (Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015): the closer
 * the expiry and the more expensive the result, the more likely one reader renews it while the others are still served
 * from the cache.
 */
function isDueEarly({ cost, left }: Entry): boolean {
  return -cost * Math.log(Math.random()) >= left;
}

/** Records the value of the `X-Cache` header; no effect outside of a request. */
function note(outcome: 'HIT' | 'MISS'): void {
  const context = workContext();
  if (!Object.isFrozen(context)) context.cache = outcome;
}
