import { build } from '../support/build.mts';
import { CommandFailed, runNode } from '../support/commands.mts';
import { step } from '../support/steps.mts';
import { endOnSignals, undoAll } from '../support/undo.mts';
import test from './test.mts';

/**
 * Crashes processes and servers under load: CHAOS_COMMANDS, CHAOS_FAULTS and CHAOS_SEED set how much and in which
 * order. With `--mutants` it verifies instead that planted bugs are detected; with `--realtime` it kills nodes and
 * restarts Redis under 1,000 sockets, and counts frames (CHAOS_SOCKETS, CHAOS_FAULTS, CHAOS_FRAMES).
 */
export default function (args: string[]): Promise<number> {
  if (args[0] === '--mutants') return run('test/chaos/mutants.mts', args.slice(1));
  if (args[0] === '--realtime') return run('test/chaos/realtime.mts', args.slice(1));
  return test(['--selectProjects', 'e2e', '--runInBand', ...args, 'test/chaos']);
}

async function run(file: string, args: string[]): Promise<number> {
  endOnSignals();
  try {
    await step('Build', build, (compiled) => (compiled ? undefined : '(up to date)'));
    await runNode(file, args);
    return 0;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return error.code;
  } finally {
    await undoAll();
  }
}
