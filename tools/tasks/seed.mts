import { runCompiled } from '../support/run-compiled.mts';

/** Adds the demo data of development. */
export default function (args: string[]): Promise<number> {
  return runCompiled('dist/apps/worker/src/seed.js', args);
}
