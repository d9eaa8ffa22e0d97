import { runCompiled } from '../support/run-compiled.mts';

/** Makes projections anew from what is stored. */
export default function (args: string[]): Promise<number> {
  return runCompiled('dist/apps/worker/src/rebuild.js', args);
}
