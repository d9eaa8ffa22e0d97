import { runBenches } from '../support/bench.mts';

/** Measures the cost of a page of the feed with much data and many followed authors. */
export default function (args: string[]): Promise<number> {
  return runBenches(['bench/feed.bench.mts'], args);
}
