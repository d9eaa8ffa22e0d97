import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { BellRung } from '../contract';

/** A bell that rings once. */
export class Bell extends Aggregate<AggregateState> {
  static ring(): Bell {
    const bell = new Bell({ id: newId(), version: 0 });
    bell.raise(BellRung, {});
    return bell;
  }
}
