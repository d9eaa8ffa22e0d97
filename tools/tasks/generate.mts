import { build } from '../support/build.mts';
import { runNode } from '../support/commands.mts';
import { step } from '../support/steps.mts';
import { endOnSignals, undoAll } from '../support/undo.mts';

/** Writes the files that are generated from the code. */
export default async function (args: string[]): Promise<void> {
  endOnSignals();
  try {
    await step('Build', build, (compiled) => (compiled ? undefined : '(up to date)'));
    await runNode('dist/apps/api/src/generate.js', args);
  } finally {
    await undoAll();
  }
}
