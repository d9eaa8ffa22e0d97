import { Injectable } from '@nestjs/common';
import {
  type Aggregate,
  type AggregateState,
  Conflict,
  NotFound,
  type RaisedEvent,
  Rejection,
  type RejectionDefinition,
} from '@rookery/domain';
import type { EntitySchema } from 'typeorm';
import { AggregateTable, type Where } from './aggregate-table';
import { violatedUnique } from './failures';
import { Outbox } from './outbox';
import { Sql } from './sql';
import { Transaction } from './transaction';

/** How an aggregate is stored; the mapping of its state is the entity schema. */
export interface StoredAs<State extends AggregateState, A extends Aggregate<State>> {
  schema: EntitySchema<State>;
  /** Creates the aggregate from its stored state. */
  restore: (state: State) => A;
  /** The rejection for a violated unique constraint, by the constraint's name. */
  unique?: Record<string, RejectionDefinition>;
}

/**
 * Loads and saves the aggregates of one kind, state and events together. Subclass it as `Users`, `Posts`, …
 */
@Injectable()
export abstract class Repository<State extends AggregateState, A extends Aggregate<State>> {
  protected abstract readonly storedAs: StoredAs<State, A>;
  private mapped: AggregateTable<State> | undefined;

  constructor(
    protected readonly transaction: Transaction,
    protected readonly sql: Sql,
    protected readonly outbox: Outbox,
  ) {}

  /**
   * @param id of the aggregate
   * @throws Rejection `resource.not-found`
   */
  async get(id: string): Promise<A> {
    const found = await this.find({ id } as Where<State>);
    if (!found) throw new Rejection(NotFound);
    return found;
  }

  /** @returns the matching aggregate; undefined if there is none. */
  find(where: Where<State>): Promise<A | undefined> {
    return this.read(where, false);
  }

  /**
   * Loads an aggregate and locks it until the current transaction ends: the second of two concurrent edits sees the
   * result of the first.
   *
   * @throws Rejection `resource.not-found`
   */
  async getLocked(id: string): Promise<A> {
    const found = await this.read({ id } as Where<State>, true);
    if (!found) throw new Rejection(NotFound);
    return found;
  }

  /**
   * Loads several aggregates with one statement. Locks are taken in the order of ids, so that two transactions that
   * lock several do not deadlock.
   *
   * @param ids ids of aggregates; missing ones are left out
   * @param where values that all of them must have; others are neither returned nor locked
   */
  async findAll(ids: readonly string[], where: Where<State>, locked: boolean): Promise<A[]> {
    if (ids.length === 0) return [];
    const { table } = this;
    const rows = await this.sql.rows(table.selectAll(where, locked), [ids, ...Object.values(where)]);
    return rows.map((row) => this.storedAs.restore(table.stateOf(row)));
  }

  /**
   * Stores several aggregates like {@link save}: with one statement for the new ones, one for the others and one for
   * all events.
   *
   * @throws Rejection `resource.conflict`, or what `unique` declares for a constraint; Error as {@link save}
   */
  async saveAll(aggregates: readonly A[]): Promise<void> {
    if (aggregates.length === 0) return;
    const events = aggregates.flatMap((each) => this.takeEvents(each));
    const { table } = this;
    const added = aggregates.filter(({ storedVersion }) => storedVersion === 0);
    const changed = aggregates.filter(({ storedVersion }) => storedVersion > 0);
    const records = (some: readonly A[]) => table.records(some.map((each) => each.snapshot()));
    try {
      if (added.length > 0) await this.sql.execute(table.insertAll, [records(added)]);
      if (changed.length > 0) {
        const ids = changed.map(({ id }) => id);
        const versions = changed.map(({ storedVersion }) => storedVersion);
        const count = await this.sql.execute(table.updateAll, [records(changed), ids, versions]);
        if (count !== changed.length) throw new Rejection(Conflict);
      }
    } catch (error) {
      throw this.meaningOf(error);
    }
    await this.outbox.append(events);
  }

  /**
   * Stores the aggregate's state, then its events, in the current transaction. The row is written first: its lock
   * ensures that the ids of events are in the order of the aggregate's versions.
   *
   * The insert of a new aggregate is sent without waiting and costs no round trip: the commit waits for it. So the
   * rejection that `unique` declares for a constraint is then thrown by the transaction, not here.
   *
   * @throws Rejection `resource.conflict` if it was saved by another transaction since it was loaded, or the rejection
   *   that `unique` declares for a constraint
   * @throws Error if the aggregate raised no event
   */
  async save(aggregate: A): Promise<void> {
    const events = this.takeEvents(aggregate);
    const { table } = this;
    const values = table.values(aggregate.snapshot());
    if (aggregate.storedVersion > 0)
      return this.writtenWith(events, this.sql.execute(table.update, [...values, aggregate.storedVersion]));
    this.transaction.leaveToCommit(
      () => this.sql.execute(table.insert, values),
      (error) => this.meaningOf(error),
    );
    await this.outbox.append(events);
  }

  /**
   * Removes the aggregate's row and stores its last events.
   *
   * @throws Rejection `resource.conflict` if it was saved by another transaction since it was loaded
   * @throws Error if the aggregate raised no event
   */
  async remove(aggregate: A): Promise<void> {
    const events = this.takeEvents(aggregate);
    const removed = this.sql.execute(this.table.remove, [aggregate.id, aggregate.storedVersion]);
    await this.writtenWith(events, removed);
  }

  private async read(where: Where<State>, locked: boolean): Promise<A | undefined> {
    const { table } = this;
    const row = await this.sql.row(table.select(where, locked), Object.values(where));
    return row && this.storedAs.restore(table.stateOf(row));
  }

  /**
   * Sends the events right after the state, without waiting for its result: if it fails, the events are rolled back.
   */
  private async writtenWith(events: readonly RaisedEvent[], written: Promise<number>): Promise<void> {
    const [changed] = await Promise.all([written, this.outbox.append(events)]).catch((error: unknown) => {
      throw this.meaningOf(error);
    });
    if (changed !== 1) throw new Rejection(Conflict);
  }

  private get table(): AggregateTable<State> {
    this.mapped ??= new AggregateTable<State>(this.transaction.mappingOf(this.storedAs.schema));
    return this.mapped;
  }

  private takeEvents(aggregate: A) {
    const events = aggregate.takeEvents();
    if (events.length === 0)
      throw new Error(`${aggregate.constructor.name} ${aggregate.id} raised no event.`);
    return events;
  }

  private meaningOf(error: unknown): unknown {
    const constraint = violatedUnique(error);
    const rule = constraint === undefined ? undefined : this.storedAs.unique?.[constraint];
    return rule ? new Rejection(rule) : error;
  }
}
