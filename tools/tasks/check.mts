import { build } from '../support/build.mts';
import { runNode, runTool } from '../support/commands.mts';
import { runJest } from '../support/jest.mts';
import { step } from '../support/steps.mts';
import { endOnSignals, undoAll } from '../support/undo.mts';

/** Everything that has to hold before a change is accepted, cheapest first. Stops at the first failure. */
export default async function (): Promise<number> {
  endOnSignals();
  const quiet = { quiet: true };
  try {
    await step('Format', () => runTool('prettier', ['--check', '.'], quiet));
    await step('Lint', () => runTool('oxlint', ['--type-aware'], quiet));
    await step('Types', () => runTool('tsc', ['--noEmit', '-p', 'tsconfig.json'], quiet));
    const parts = ['apps', 'libs', 'migrations', 'test'];
    await step('Boundaries', () =>
      runTool('depcruise', ['--config', '.dependency-cruiser.cjs', ...parts], quiet),
    );
    await step('Build', build, (compiled) => (compiled ? undefined : '(up to date)'));
    await step('Generated files', () => runNode('dist/apps/api/src/generate.js', ['--check'], quiet));
    // Last, so that the numbers of passed and failed tests are the last line.
    return await runJest([]);
  } finally {
    await undoAll();
  }
}
