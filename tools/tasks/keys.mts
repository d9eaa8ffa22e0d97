import { runCompiled } from '../support/run-compiled.mts';

/** Lists the keys that sign access tokens, or takes a step of replacing them. */
export default function (args: string[]): Promise<number> {
  return runCompiled('dist/apps/worker/src/keys.js', args);
}
