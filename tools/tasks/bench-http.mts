import { runBenches } from '../support/bench.mts';

/** Measures the cost of a request, compared with a bare server that does the same work. */
export default function (args: string[]): Promise<number> {
  return runBenches(['bench/http.bench.mts'], args);
}
