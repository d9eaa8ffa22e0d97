import { runTool } from '../support/commands.mts';
import { endOnSignals } from '../support/undo.mts';

/** Formats everything, and mends what the linter can mend by itself. */
export default async function (): Promise<void> {
  endOnSignals();
  await runTool('oxlint', ['--fix']);
  await runTool('prettier', ['--write', '--log-level', 'warn', '.']);
}
