import { Injectable } from '@nestjs/common';
import { DependencyUnavailable, Rejection } from '@rookery/domain';
import { counter } from '@rookery/observability';
import { stateOf } from './failures';
import { DatabaseSettings } from './settings';
import { Sql } from './sql';
import { Transaction } from './transaction';

/** Searches can use one out of this many connections of a process. */
const SHARE = 4;
const STATEMENT_TIMEOUT_MS = 1_000;
const MAX_WAIT_MS = 1_000;
const RETRY_AFTER_SECONDS = 2;
const QUERY_CANCELED = '57014';

const refused = counter({
  name: 'rookery_searches_refused_total',
  help: 'Searches that returned 503: busy (waited too long for a free slot), timeout (a statement took too long).',
  labels: ['reason'],
});

/**
 * Prevents searches from starving other requests: they can use a quarter of the connections, and a statement can take a
 * second. Sequential scans are not used if there is an index.
 */
@Injectable()
export class SearchBulkhead {
  private readonly places: number;
  private readonly waiting = new Set<() => void>();
  private running = 0;

  constructor(
    { poolSize }: DatabaseSettings,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {
    this.places = Math.max(1, Math.floor(poolSize / SHARE));
  }

  /**
   * Runs a search in a read-only transaction.
   *
   * @returns its result
   * @throws Rejection `dependency.unavailable` if no slot is free within a second, or a statement takes longer
   */
  async run<T>(search: () => Promise<T>): Promise<T> {
    await this.enter();
    try {
      return await this.transaction.run(async () => {
        await this.sql.row(
          `SELECT set_config('transaction_read_only', 'on', true), set_config('enable_seqscan', 'off', true),
                  set_config('statement_timeout', $1, true)`,
          [String(STATEMENT_TIMEOUT_MS)],
        );
        return search();
      });
    } catch (error) {
      throw stateOf(error) === QUERY_CANCELED ? refusal('timeout') : error;
    } finally {
      this.leave();
    }
  }

  private enter(): Promise<void> {
    if (this.running < this.places) {
      this.running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const admit = () => {
        clearTimeout(timer);
        this.waiting.delete(admit);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiting.delete(admit);
        reject(refusal('busy'));
      }, MAX_WAIT_MS);
      this.waiting.add(admit);
    });
  }

  /** Passes the slot to the longest-waiting caller. */
  private leave(): void {
    const [next] = this.waiting;
    if (next) next();
    else this.running -= 1;
  }
}

function refusal(reason: 'busy' | 'timeout'): Rejection {
  refused.inc({ reason });
  return new Rejection(DependencyUnavailable, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
