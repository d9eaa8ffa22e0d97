import { runBenches } from '../support/bench.mts';

/** Measures the cost of a page of the todos of one workspace among up to a million. */
export default function (args: string[]): Promise<number> {
  return runBenches(['bench/todos.bench.mts'], args);
}
