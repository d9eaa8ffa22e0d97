import { runBenches } from '../support/bench.mts';

/** Measures what the most expensive requests do to everybody else. */
export default function (args: string[]): Promise<number> {
  return runBenches(['bench/hostile.bench.mts'], args);
}
