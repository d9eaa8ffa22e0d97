import { runTool } from '../support/commands.mts';
import { endOnSignals } from '../support/undo.mts';

/** Formats everything, and fixes what the linter can fix. */
export default async function (): Promise<void> {
  endOnSignals();
  await runTool('oxlint', ['--fix']);
  await runTool('prettier', ['--write', '--log-level', 'warn', '.']);
}
