import { runCompiled } from '../support/run-compiled.mts';

/** Retries deliveries that failed permanently, with all their attempts. */
export default function (args: string[]): Promise<number> {
  return runCompiled('dist/apps/worker/src/redrive.js', args);
}
