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

/** Periodic work; see {@link Schedule}. */
export interface Scheduled {
  /** Runs the work inside the transaction that records the slot as done: once per slot across all workers. */
  run(): Promise<void>;
}

const KEY = Symbol('schedule');
const TICK_MS = 1_000;

/** Metadata that {@link Schedule} stores about a class. */
export interface ScheduleOptions extends DurableName {
  everySeconds: number;
}

interface KnownSchedule extends ScheduleOptions {
  readonly type: Type<Scheduled>;
}

/**
 * Marks a class as periodic work that one worker runs once per time slot. A slot that passed while no worker ran is
 * skipped and not run later: the work must look at what is due, not at the clock.
 *
 * @param name `<context>.<effect>`, stored in its row in PostgreSQL: it stays when the class is renamed
 * @param options.everySeconds length of a slot; slots are counted by PostgreSQL's clock
 * @param options.formerly previous names: a slot that ran under one of them is done
 * @throws Error if a name is malformed
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

/** @returns the {@link Schedule} metadata; undefined for any other class. */
export function scheduleOptions(target: object): ScheduleOptions | undefined {
  return Reflect.getMetadata(KEY, target) as ScheduleOptions | undefined;
}

/**
 * Runs the schedules. PostgreSQL decides which worker runs a slot, so Redis is not needed and two workers never run the
 * same slot.
 */
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
   * Registers a schedule.
   *
   * @throws Error if one of its names is or was used by another
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

  /**
   * The slot is claimed under all its names, current and previous, so that only one worker runs it even if another
   * build uses an older name.
   */
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
