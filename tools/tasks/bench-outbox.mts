import { runBenches } from '../support/bench.mts';

/** Measures what the relay, the redrive and their metrics read with a long history. */
export default function (args: string[]): Promise<number> {
  return runBenches(['bench/outbox.bench.mts'], args);
}
