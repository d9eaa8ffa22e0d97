import { build } from '../support/build.mts';
import { CommandFailed, runNode } from '../support/commands.mts';
import { step } from '../support/steps.mts';
import { endOnSignals, undoAll } from '../support/undo.mts';
import test from './test.mts';

/**
 * Crashes processes and servers under load: CHAOS_COMMANDS, CHAOS_FAULTS and CHAOS_SEED set how much and in which
 * order. With `--mutants` it verifies instead that planted bugs are detected.
 */
export default function (args: string[]): Promise<number> {
  if (args[0] === '--mutants') return mutants(args.slice(1));
  return test(['--selectProjects', 'e2e', '--runInBand', ...args, 'test/chaos']);
}

async function mutants(only: string[]): Promise<number> {
  endOnSignals();
  try {
    await step('Build', build, (compiled) => (compiled ? undefined : '(up to date)'));
    await runNode('test/chaos/mutants.mts', only);
    return 0;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return error.code;
  } finally {
    await undoAll();
  }
}
