import { runCompiled } from '../support/run-compiled.mts';

/** Lists the signing keys of access tokens, or performs a step of their rotation. */
export default function (args: string[]): Promise<number> {
  return runCompiled('dist/apps/worker/src/keys.js', args);
}
