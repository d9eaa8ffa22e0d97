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
import { ScheduleSettings } from './settings';
import { type Slots, slotsAfter, slotsOf, type Timing } from './slots';

/** Periodic work; see {@link Schedule}. */
export interface Scheduled {
  /**
   * Runs the work in the transaction that records the slot as done: once per slot across all workers.
   *
   * @param slot when it was due; can be long ago if no worker was running
   * @returns true if it has processed a batch and there can be more. It then runs again in a new transaction,
   *   alternating with the other schedules, until it returns anything else
   */
  run(slot: Date): Promise<boolean | void>;
}

const KEY = Symbol('schedule');
const TICK_MS = 1_000;

/** What {@link Schedule} records about a class. */
export type ScheduleOptions = DurableName & Timing;

type KnownSchedule = DurableName & {
  readonly type: Type<Scheduled>;
  readonly slotAt: Slots;
  readonly slotAfter: Slots;
  /** Whether it is due at times of day. Its first slot is the first one after a worker has registered it. */
  readonly fixed: boolean;
};

/** Schedule times, by the clock of PostgreSQL. */
interface Progress {
  now: Date;
  /** Last slot of each name in milliseconds since 1970. */
  done: Record<string, number>;
}

/**
 * Marks a class as work that one worker runs once in every time slot.
 *
 * If slots passed while no worker was running, the last one runs once as soon as a worker starts; the others are
 * skipped. So the work should process what is due instead of relying on the current time. Work that is pointless when
 * late should check its slot. A schedule with times of day starts with the first slot after its registration: after a
 * deployment at noon, the slot of that morning does not run.
 *
 * @param name `<context>.<effect>`, stored in PostgreSQL: do not change it when you rename the class
 * @param options.everySeconds length of a slot in seconds, aligned to 1970; or
 * @param options.cron minute, hour, day of month, month and day of week at which slots start, and
 * @param options.timeZone time zone of the cron expression; by default that of the deployment. See {@link slotsOf} for
 *   clock changes
 * @param options.formerly previous names: a slot that was done under one of them counts as done
 * @throws Error naming the class if a name is malformed, or the expression or the time zone is not valid
 */
export function Schedule(
  name: string,
  { formerly, ...timing }: Timing & { formerly?: readonly string[] },
): ClassDecorator {
  const options: ScheduleOptions = { ...durableName('schedule', name, formerly), ...timing };
  return (target) => {
    try {
      slotsOf(options, 'UTC');
    } catch (error) {
      throw new Error(`The schedule ${name} of ${target.name}: ${(error as Error).message}`, {
        cause: error,
      });
    }
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
  private startedAt = Date.now();
  /** Unfinished slots of this worker, by the name of the schedule. */
  private readonly unfinished = new Map<string, Date>();
  /**
   * Since when the runs of a schedule have failed in this worker, in milliseconds since 1970, by the name of the
   * schedule.
   */
  private readonly failingSince = new Map<string, number>();

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly settings: ScheduleSettings,
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
    if (!options) throw new Error(`${type.name} is not a schedule.`);
    const { name, formerly } = options;
    const { timeZone } = this.settings;
    const [slotAt, slotAfter] = [slotsOf(options, timeZone), slotsAfter(options, timeZone)];
    this.names.add({ name, formerly, type, slotAt, slotAfter, fixed: 'cron' in options });
  }

  /** @returns the names of all schedules. */
  all(): readonly string[] {
    return this.names.all().map(({ name }) => name);
  }

  /**
   * @returns for each schedule the number of seconds since the first slot that no worker has run; since the start of
   *   this worker if no slot was ever run; or since the remaining batches of the last slot have failed here. 0 if the
   *   last slot is done
   */
  async lateness(): Promise<ReadonlyMap<string, number>> {
    const { now, done } = await this.progress();
    return new Map(
      this.names.all().map((schedule) => {
        const last = lastSlotOf(schedule, done);
        const due = last === -Infinity ? this.startedAt : schedule.slotAfter(new Date(last)).getTime();
        const failing = Date.now() - (this.failingSince.get(schedule.name) ?? Infinity);
        return [schedule.name, Math.max(0, now.getTime() - due, failing) / 1_000];
      }),
    );
  }

  onApplicationBootstrap(): void {
    this.startedAt = Date.now();
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  /** One statement per second checks all schedules, because most checks find nothing due. */
  private async tick(): Promise<void> {
    const { now, done } = await this.progress();
    for (const schedule of this.names.all()) {
      if (this.loop.stopping) return;
      const last = lastSlotOf(schedule, done);
      const slot = schedule.slotAt(now);
      const isDue = last < slot.getTime();
      const rest = this.unfinished.get(schedule.name);
      if (!isDue && (!rest || rest.getTime() < last)) {
        // Another worker has run it, or a later slot, which includes the rest.
        this.note(schedule, slot, false);
        continue;
      }
      const work = isDue
        ? this.runSlot(schedule, slot, schedule.fixed && last === -Infinity)
        : this.goOn(schedule, rest!);
      await work.catch((error: Error) => {
        if (!this.failingSince.has(schedule.name)) this.failingSince.set(schedule.name, Date.now());
        this.log.error(`${schedule.name} failed, will retry: ${error.message}`, error.stack);
      });
    }
  }

  private async progress(): Promise<Progress> {
    const row = await this.sql.row<Progress & Record<string, unknown>>(
      `SELECT now() AS now, coalesce(jsonb_object_agg(name, extract(epoch FROM slot) * 1000), '{}') AS done
       FROM messaging.schedule_run`,
    );
    return row!;
  }

  /**
   * Takes the slot under the current and all previous names, so that it runs only once even if another worker knows an
   * older name.
   */
  private async runSlot(schedule: KnownSchedule, slot: Date, isFirst: boolean): Promise<void> {
    const names = [schedule.name, ...schedule.formerly];
    const hasMore = await this.transaction.run(async () => {
      const mine = await this.sql.execute(
        `INSERT INTO messaging.schedule_run (name, slot)
         SELECT name, $2::timestamptz FROM unnest($1::text[]) AS name ORDER BY name
         ON CONFLICT (name) DO UPDATE SET slot = excluded.slot WHERE schedule_run.slot < excluded.slot`,
        [names, slot],
      );
      return mine === names.length && !isFirst && this.run(schedule, slot);
    });
    this.note(schedule, slot, hasMore);
  }

  /**
   * Runs the next batch of a slot. If another worker has locked the row, to run a later slot or to find that this one is
   * taken, the next tick decides.
   */
  private async goOn(schedule: KnownSchedule, slot: Date): Promise<void> {
    const hasMore = await this.transaction.run(async () => {
      const mine = await this.sql.execute(
        'SELECT 1 FROM messaging.schedule_run WHERE name = $1 AND slot = $2 FOR UPDATE SKIP LOCKED',
        [schedule.name, slot],
      );
      return mine === 1 ? this.run(schedule, slot) : undefined;
    });
    if (hasMore !== undefined) this.note(schedule, slot, hasMore);
  }

  private async run({ type }: KnownSchedule, slot: Date): Promise<boolean> {
    return (await this.moduleRef.get<Scheduled>(type, { strict: false }).run(slot)) === true;
  }

  private note({ name }: KnownSchedule, slot: Date, hasMore: boolean): void {
    this.failingSince.delete(name);
    if (!hasMore) this.unfinished.delete(name);
    else {
      this.unfinished.set(name, slot);
      this.loop.wake();
    }
  }
}

/** @returns milliseconds since 1970; -Infinity if no slot was ever run */
function lastSlotOf({ name, formerly }: KnownSchedule, done: Progress['done']): number {
  return Math.max(...[name, ...formerly].map((each) => done[each] ?? -Infinity));
}
