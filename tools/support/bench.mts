import { CommandFailed, runNode } from './commands.mts';
import { build } from './build.mts';
import { startThrowAwayParts } from './embedded.mts';
import { appEnvironment, readSettings } from './settings.mts';
import { step } from './steps.mts';
import { endOnSignals, undoAll } from './undo.mts';

/**
 * Runs benchmarks one after the other, each in its own process, against servers started for them.
 *
 * @returns the exit code of the first that fails, else 0
 */
export async function runBenches(files: string[], args: string[]): Promise<number> {
  endOnSignals();
  try {
    await step('Build', build, (compiled) => (compiled ? undefined : '(up to date)'));
    const env = { ...appEnvironment(readSettings()), ...(await startThrowAwayParts()) };
    for (const file of files) await runNode(file, args, { env });
    return 0;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    console.error(error.message);
    return error.code;
  } finally {
    await undoAll();
  }
}
