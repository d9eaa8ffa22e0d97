import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { CounterIncremented } from '../../contract';

/** Inserts a row per run: the table has no unique constraint against a second one. */
@Subscriber('probe.record-effect', CounterIncremented, { queue: Queues.projections })
export class RecordEffect implements Handles<typeof CounterIncremented> {
  constructor(private readonly sql: Sql) {}

  async handle({ data }: EventOf<typeof CounterIncremented>): Promise<void> {
    await this.sql.execute('INSERT INTO probe.effects (command_id) VALUES ($1)', [data.commandId]);
  }
}
