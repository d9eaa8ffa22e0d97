import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { CounterIncremented } from '../../contract';

/** Leaves a row for each time it ran: nothing in the table keeps a second one out. */
@Subscriber('probe.record-effect', CounterIncremented, { queue: Queues.projections })
export class RecordEffect implements Handles<typeof CounterIncremented> {
  constructor(private readonly sql: Sql) {}

  async handle({ data }: EventOf<typeof CounterIncremented>): Promise<void> {
    await this.sql.execute('INSERT INTO probe.effects (command_id) VALUES ($1)', [data.commandId]);
  }
}
