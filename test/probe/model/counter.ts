import { Aggregate, type AggregateState } from '@rookery/domain';
import { CounterIncremented, TenReached } from '../contract';

export interface CounterState extends AggregateState {
  count: number;
}

/** Counts commands. Every tenth raises a second event, so that versions and counts differ. */
export class Counter extends Aggregate<CounterState> {
  static create(id: string): Counter {
    return new Counter({ id, version: 0, count: 0 });
  }

  increment(commandId: string): void {
    this.state.count += 1;
    this.raise(CounterIncremented, { commandId });
    if (this.state.count % 10 === 0) this.raise(TenReached, { commandId });
  }
}
