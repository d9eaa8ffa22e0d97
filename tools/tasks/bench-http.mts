import { runBenches } from '../support/bench.mts';

/** Measures what a request costs beside a bare server that does the same work. */
export default function (args: string[]): Promise<number> {
  return runBenches(['bench/http.bench.mts'], args);
}
