import { type INestApplicationContext, Injectable, Module, type Provider, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { HealthChecks } from '@rookery/observability';
import { PersistenceModule, RelayHint, Sql, Transaction } from '@rookery/persistence';
import type { EntitySchema } from 'typeorm';
import { createTestDatabase } from './database';

/** Counts the wake-ups of the relay. */
@Injectable()
export class CountedHints extends RelayHint {
  sent = 0;

  override send(): void {
    this.sent += 1;
  }
}

/** Only the persistence lib with its own database, without Redis: for suites about the ledger itself. */
export class TestLedger {
  private constructor(
    private readonly app: INestApplicationContext,
    readonly database: { url: string; drop(): Promise<void> },
  ) {}

  /**
   * Starts it; call {@link stop} in `afterAll`.
   *
   * @param options.schemas of the stored aggregates
   * @param options.providers providers under test
   * @param options.poolSize maximum number of connections
   * @param options.reach maps the URL of the database to the one to use, for example that of a proxy
   */
  static async start(
    options: {
      schemas?: EntitySchema[];
      providers?: Provider[];
      poolSize?: number;
      reach?: (url: string) => Promise<string>;
    } = {},
  ): Promise<TestLedger> {
    const database = await createTestDatabase();
    process.env.DATABASE_URL = (await options.reach?.(database.url)) ?? database.url;
    process.env.DATABASE_POOL_SIZE = String(options.poolSize ?? 10);
    const providers = [CountedHints, { provide: RelayHint, useExisting: CountedHints }, HealthChecks];
    const hints = { module: class Hints {}, global: true, providers, exports: providers };
    Module({})(hints.module);
    const testing = await Test.createTestingModule({
      providers: options.providers ?? [],
      imports: [hints, PersistenceModule.forRoot(options.schemas ?? [], 'suite')],
    }).compile();
    testing.useLogger(false);
    return new TestLedger(await testing.init(), database);
  }

  /** @returns a provider, whichever module it is in. */
  get<T>(type: Type<T>): T {
    return this.app.get(type, { strict: false });
  }

  /** Runs `work` in a transaction. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.get(Transaction).run(work);
  }

  /** @returns the rows of a statement in a separate transaction; may write. */
  sql<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.run(() => this.get(Sql).rows<Row>(text, values));
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.database.drop();
  }
}
