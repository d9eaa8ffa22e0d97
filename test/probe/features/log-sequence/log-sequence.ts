import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { CounterIncremented, TenReached } from '../../contract';

/** Records a counter's events in the order in which it receives them. */
@Subscriber('probe.log-sequence', [CounterIncremented, TenReached], {
  queue: Queues.projections,
  ordered: true,
})
export class LogSequence implements Handles<typeof CounterIncremented> {
  constructor(private readonly sql: Sql) {}

  async handle({ subject, sequence }: EventOf<typeof CounterIncremented>): Promise<void> {
    await this.sql.execute('INSERT INTO probe.log (counter_id, sequence) VALUES ($1, $2)', [
      subject,
      sequence,
    ]);
  }
}
