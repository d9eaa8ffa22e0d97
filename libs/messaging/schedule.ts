import 'reflect-metadata';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type Type,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type DurableName, durableName, DurableNames } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { Loop } from './loop';

/** Work that is due again and again; see {@link Schedule}. */
export interface Scheduled {
  /** Does the work inside the transaction that records the slot as done: once per slot over all workers. */
  run(): Promise<void>;
}

const KEY = Symbol('schedule');
const TICK_MS = 1_000;

/** What {@link Schedule} records about a class. */
export interface ScheduleOptions extends DurableName {
  everySeconds: number;
}

interface KnownSchedule extends ScheduleOptions {
  readonly type: Type<Scheduled>;
}

/**
 * Marks a class as work that one worker does once in every slot of time. A slot that passed while no worker ran is
 * skipped, not made up for: the work looks at what is due, not at the clock.
 *
 * @param name `<context>.<effect>`, which its row in PostgreSQL bears: it stays when the class is renamed
 * @param options.everySeconds length of a slot; slots are counted by PostgreSQL's clock
 * @param options.formerly names it had before: a slot that was done under one of them is done
 * @throws Error when a name is misspelt
 */
export function Schedule(
  name: string,
  { everySeconds, formerly }: { everySeconds: number; formerly?: readonly string[] },
): ClassDecorator {
  const options: ScheduleOptions = { ...durableName('schedule', name, formerly), everySeconds };
  return (target) => {
    Reflect.defineMetadata(KEY, options, target);
    Injectable()(target);
  };
}

/** @returns what {@link Schedule} recorded; undefined for any other class. */
export function scheduleOptions(target: object): ScheduleOptions | undefined {
  return Reflect.getMetadata(KEY, target) as ScheduleOptions | undefined;
}

/** Runs the schedules. PostgreSQL decides who does a slot, so it needs no Redis and two workers never both do it. */
@Injectable()
export class Schedules implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly names = new DurableNames<Type<Scheduled>, KnownSchedule>('schedule');
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
   * @throws Error when one of its names is or was another's
   */
  register(type: Type<Scheduled>): void {
    const options = scheduleOptions(type);
    if (!options) throw new Error(`${type.name} is no schedule.`);
    this.names.add({ ...options, type });
  }

  /** @returns the names of all schedules and the seconds between their runs. */
  all(): readonly { name: string; everySeconds: number }[] {
    return this.names.all().map(({ name, everySeconds }) => ({ name, everySeconds }));
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  private async tick(): Promise<void> {
    for (const schedule of this.names.all()) {
      if (this.loop.stopping) return;
      await this.runIfDue(schedule).catch((error: Error) => {
        this.log.error(`${schedule.name} failed, is tried again: ${error.message}`, error.stack);
      });
    }
  }

  /** The slot is taken under every name it ever had: beside a worker that knows an older one, still one does it. */
  private async runIfDue({ name, formerly, everySeconds, type }: KnownSchedule): Promise<void> {
    const names = [name, ...formerly];
    const due = await this.sql.row(
      `SELECT 1 AS due WHERE NOT EXISTS (SELECT 1 FROM messaging.schedule_run
         WHERE name = ANY ($1) AND slot >= date_bin(make_interval(secs => $2), now(), 'epoch'))`,
      [names, everySeconds],
    );
    if (!due) return;
    await this.transaction.run(async () => {
      const mine = await this.sql.execute(
        `INSERT INTO messaging.schedule_run (name, slot)
         SELECT name, date_bin(make_interval(secs => $2), now(), 'epoch') FROM unnest($1::text[]) AS name ORDER BY name
         ON CONFLICT (name) DO UPDATE SET slot = excluded.slot WHERE schedule_run.slot < excluded.slot`,
        [names, everySeconds],
      );
      if (mine === names.length) await this.moduleRef.get<Scheduled>(type, { strict: false }).run();
    });
  }
}
