import { runCompiled } from '../support/run-compiled.mts';

/** Rebuilds projections from stored data. */
export default function (args: string[]): Promise<number> {
  return runCompiled('dist/apps/worker/src/rebuild.js', args);
}
