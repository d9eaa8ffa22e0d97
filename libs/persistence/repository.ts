import { Injectable } from '@nestjs/common';
import {
  type Aggregate,
  type AggregateState,
  Conflict,
  NotFound,
  Rejection,
  type RejectionDefinition,
} from '@rookery/domain';
import type { EntitySchema, FindOptionsWhere } from 'typeorm';
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

  constructor(
    protected readonly transaction: Transaction,
    protected readonly sql: Sql,
    private readonly outbox: Outbox,
  ) {}

  /**
   * @param id of the aggregate
   * @throws Rejection `resource.not-found`
   */
  async get(id: string): Promise<A> {
    const found = await this.find({ id } as FindOptionsWhere<State>);
    if (!found) throw new Rejection(NotFound);
    return found;
  }

  /** @returns the matching aggregate; undefined if there is none. */
  async find(where: FindOptionsWhere<State>): Promise<A | undefined> {
    const manager = await this.transaction.manager();
    const state = await manager.findOne(this.storedAs.schema, { where });
    return state ? this.storedAs.restore(state) : undefined;
  }

  /**
   * Loads an aggregate and locks it until the current transaction ends: of two concurrent edits the second sees the
   * result of the first.
   *
   * @throws Rejection `resource.not-found`
   */
  async getLocked(id: string): Promise<A> {
    const manager = await this.transaction.manager();
    const where = { id } as FindOptionsWhere<State>;
    const state = await manager.findOne(this.storedAs.schema, { where, lock: { mode: 'for_no_key_update' } });
    if (!state) throw new Rejection(NotFound);
    return this.storedAs.restore(state);
  }

  /**
   * Stores the aggregate's state, then its events, in the current transaction. The row is written first: its lock
   * ensures that the ids of events are in the order of the aggregate's versions.
   *
   * @throws Rejection `resource.conflict` if it was saved by another transaction since it was loaded, or the rejection
   *   that `unique` declares for a constraint
   * @throws Error if the aggregate raised no event
   */
  async save(aggregate: A): Promise<void> {
    const events = this.takeEvents(aggregate);
    const manager = await this.transaction.manager();
    const state = aggregate.snapshot() as State;
    try {
      if (aggregate.storedVersion === 0) {
        await manager
          .createQueryBuilder()
          .insert()
          .into(this.storedAs.schema)
          .values(state as never)
          .updateEntity(false)
          .execute();
      } else {
        const { affected } = await manager
          .createQueryBuilder()
          .update(this.storedAs.schema)
          .set(state as never)
          .where('id = :id AND version = :stored', { id: aggregate.id, stored: aggregate.storedVersion })
          .updateEntity(false)
          .execute();
        if (affected !== 1) throw new Rejection(Conflict);
      }
    } catch (error) {
      throw this.meaningOf(error);
    }
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
    const manager = await this.transaction.manager();
    const { affected } = await manager
      .createQueryBuilder()
      .delete()
      .from(this.storedAs.schema)
      .where('id = :id AND version = :stored', { id: aggregate.id, stored: aggregate.storedVersion })
      .execute();
    if (affected !== 1) throw new Rejection(Conflict);
    await this.outbox.append(events);
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
