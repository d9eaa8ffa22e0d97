import { runBenches } from '../support/bench.mts';

/** Measures how the most expensive requests affect other requests. */
export default function (args: string[]): Promise<number> {
  return runBenches(['bench/hostile.bench.mts'], args);
}
