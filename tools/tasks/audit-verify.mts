import { runCompiled } from '../support/run-compiled.mts';

/** Verifies the hash chain over the audit log. */
export default function (args: string[]): Promise<number> {
  return runCompiled('dist/apps/worker/src/audit-verify.js', args);
}
