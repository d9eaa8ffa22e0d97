import { type DynamicModule, Global, Logger, Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Clock } from '@rookery/domain';
import { HealthChecks } from '@rookery/observability';
import { MasterKey } from '@rookery/settings';
import { DataSource, type EntitySchema } from 'typeorm';
import { ConnectionPool } from './connection-pool';
import { dataSourceOptions } from './data-source';
import { Deliveries } from './deliveries';
import { Outbox } from './outbox';
import { SchemaVersion } from './schema-version';
import { SearchBulkhead } from './search-bulkhead';
import { DatabaseSettings } from './settings';
import { Sql } from './sql';
import { RowStreams } from './row-streams';
import { Interests } from './interests';
import { Subscriptions } from './subscriptions';
import { Transaction } from './transaction';

/** The ledger: ambient transactions, plain SQL, repositories, outbox and deliveries. */
@Global()
@Module({})
export class PersistenceModule implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly health: HealthChecks,
    private readonly schema: SchemaVersion,
    private readonly sql: Sql,
  ) {}

  /**
   * @param schemas of the aggregates that the contexts store
   * @param name of the process in `pg_stat_activity`
   */
  static forRoot(schemas: EntitySchema[], name: string): DynamicModule {
    const providers = [
      Clock,
      DatabaseSettings,
      MasterKey,
      ConnectionPool,
      Transaction,
      Sql,
      Subscriptions,
      Interests,
      Outbox,
      Deliveries,
      SchemaVersion,
      RowStreams,
      SearchBulkhead,
    ];
    return {
      module: PersistenceModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({
            ...dataSourceOptions(new DatabaseSettings(), schemas, name),
            // Connects below, with a timeout and a log line, and never in a process that only generates files.
            manualInitialization: true,
          }),
        }),
      ],
      providers,
      exports: [...providers, TypeOrmModule],
    };
  }

  async onModuleInit(): Promise<void> {
    const essential = { critical: true, ready: 'always' } as const;
    this.health.addDependency('postgres', async () => void (await this.sql.row('SELECT 1')), essential);
    this.health.addDependency('migrations', () => this.schema.check(), essential);
    await connect(this.dataSource);
  }
}

/** A process that starts while PostgreSQL restarts waits up to a minute for it. */
async function connect(dataSource: DataSource): Promise<void> {
  const giveUpAt = Date.now() + 60_000;
  for (;;) {
    try {
      await dataSource.initialize();
      return;
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      new Logger('PostgreSQL').warn(`No connection yet: ${(error as Error).message}`);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}
