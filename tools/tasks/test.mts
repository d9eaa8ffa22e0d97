import { build } from '../support/build.mts';
import { runJest } from '../support/jest.mts';
import { step } from '../support/steps.mts';
import { endOnSignals, undoAll } from '../support/undo.mts';

/** Builds, since some tests run the compiled apps, and runs jest with the arguments given. */
export default async function (args: string[]): Promise<number> {
  endOnSignals();
  try {
    await step('Build', build, (compiled) => (compiled ? undefined : '(up to date)'));
    return await runJest(args);
  } finally {
    await undoAll();
  }
}
