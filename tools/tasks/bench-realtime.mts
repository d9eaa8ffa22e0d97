import { runBenches } from '../support/bench.mts';

/** Measures the memory of idle sockets, and how long frames take to reach the sockets of two api processes. */
export default function (args: string[]): Promise<number> {
  return runBenches(['bench/realtime.bench.mts'], args);
}
