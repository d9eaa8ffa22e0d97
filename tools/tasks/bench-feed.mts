import { runBenches } from '../support/bench.mts';

/** Measures what a page of the feed costs with much data and many followed. */
export default function (args: string[]): Promise<number> {
  return runBenches(['bench/feed.bench.mts'], args);
}
