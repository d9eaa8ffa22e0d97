import { runBenches } from '../support/bench.mts';

/** Measures how fast events get from the outbox to their subscribers. */
export default function (args: string[]): Promise<number> {
  return runBenches(['bench/events.bench.mts'], args);
}
