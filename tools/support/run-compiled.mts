import { build } from './build.mts';
import { CommandFailed, runNode } from './commands.mts';
import { commandEnvironment } from './embedded.mts';
import { readSettings } from './settings.mts';
import { step } from './steps.mts';
import { endOnSignals, undoAll } from './undo.mts';

/**
 * Builds, then runs one compiled script with the servers it needs.
 *
 * @returns the script's exit code
 */
export async function runCompiled(script: string, args: string[]): Promise<number> {
  endOnSignals();
  try {
    await step('Build', build, (compiled) => (compiled ? undefined : '(up to date)'));
    const env = await commandEnvironment(readSettings());
    await runNode(script, args, { env });
    return 0;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    console.error(error.message);
    return error.code;
  } finally {
    await undoAll();
  }
}
