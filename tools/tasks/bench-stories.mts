import { runBenches } from '../support/bench.mts';

/** Measures the cost of a page of the story feed, and of a story with very many views. */
export default function (args: string[]): Promise<number> {
  return runBenches(['bench/stories.bench.mts'], args);
}
