import { runJest } from '../support/jest.mts';
import { endOnSignals, undoAll } from '../support/undo.mts';

/** Runs jest with the arguments given; the suites that run the compiled apps build them. */
export default async function (args: string[]): Promise<number> {
  endOnSignals();
  try {
    return await runJest(args);
  } finally {
    await undoAll();
  }
}
