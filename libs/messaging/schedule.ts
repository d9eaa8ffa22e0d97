import 'reflect-metadata';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type Type,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Sql, Transaction } from '@rookery/persistence';
import { Loop } from './loop';

/** Work that is due again and again; see {@link Schedule}. */
export interface Scheduled {
  /** Does the work inside the transaction that records the slot as done: once per slot over all workers. */
  run(): Promise<void>;
}

const KEY = Symbol('schedule');
const TICK_MS = 1_000;

/**
 * Marks a class as work that one worker does once in every slot of time. A slot that passed while no worker ran is
 * skipped, not made up for: the work looks at what is due, not at the clock.
 *
 * @param options.everySeconds length of a slot; slots are counted by PostgreSQL's clock
 */
export function Schedule(options: { everySeconds: number }): ClassDecorator {
  return (target) => {
    Reflect.defineMetadata(KEY, options, target);
    Injectable()(target);
  };
}

/** @returns what {@link Schedule} recorded; undefined for any other class. */
export function scheduleOptions(target: object): { everySeconds: number } | undefined {
  return Reflect.getMetadata(KEY, target) as { everySeconds: number } | undefined;
}

/** Runs the schedules. PostgreSQL decides who does a slot, so it needs no Redis and two workers never both do it. */
@Injectable()
export class Schedules implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly known = new Map<string, Type<Scheduled>>();
  private readonly log = new Logger(Schedules.name);
  private readonly loop = new Loop('schedules', TICK_MS, () => this.tick());

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {}

  /**
   * Makes a schedule known.
   *
   * @throws Error when there is another of its name
   */
  register(context: string, type: Type<Scheduled>): void {
    const name = `${context}.${type.name}`;
    if (this.known.has(name)) throw new Error(`There are two schedules named ${name}.`);
    this.known.set(name, type);
  }

  /** @returns the names of all schedules and the seconds between their runs. */
  all(): readonly { name: string; everySeconds: number }[] {
    return [...this.known].map(([name, type]) => ({
      name,
      everySeconds: scheduleOptions(type)!.everySeconds,
    }));
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  private async tick(): Promise<void> {
    for (const [name, type] of this.known) {
      if (this.loop.stopping) return;
      await this.runIfDue(name, type).catch((error: Error) => {
        this.log.error(`${name} failed, is tried again: ${error.message}`, error.stack);
      });
    }
  }

  private async runIfDue(name: string, type: Type<Scheduled>): Promise<void> {
    const { everySeconds } = scheduleOptions(type)!;
    const due = await this.sql.row(
      `SELECT 1 AS due WHERE NOT EXISTS (SELECT 1 FROM messaging.schedule_run
         WHERE name = $1 AND slot >= date_bin(make_interval(secs => $2), now(), 'epoch'))`,
      [name, everySeconds],
    );
    if (!due) return;
    await this.transaction.run(async () => {
      const mine = await this.sql.execute(
        `INSERT INTO messaging.schedule_run (name, slot) VALUES ($1, date_bin(make_interval(secs => $2), now(), 'epoch'))
         ON CONFLICT (name) DO UPDATE SET slot = excluded.slot WHERE schedule_run.slot < excluded.slot`,
        [name, everySeconds],
      );
      if (mine === 1) await this.moduleRef.get<Scheduled>(type, { strict: false }).run();
    });
  }
}
