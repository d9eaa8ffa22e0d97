import { runCompiled } from '../support/run-compiled.mts';

/** Gives deliveries that failed permanently their attempts again. */
export default function (args: string[]): Promise<number> {
  return runCompiled('dist/apps/worker/src/redrive.js', args);
}
