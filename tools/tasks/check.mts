import { existsSync } from 'node:fs';
import { build } from '../support/build.mts';
import { runNode, runTool } from '../support/commands.mts';
import { runJest } from '../support/jest.mts';
import { step } from '../support/steps.mts';
import { endOnSignals, undoAll } from '../support/undo.mts';

/** Suites that depend on every context, so that a change of one can break them. */
const WHOLE_PROJECT = ['access-matrix', 'field-errors', 'requires', 'sql-schemas'].map(
  (name) => `test/${name}`,
);

/**
 * All checks that a change must pass, tests last. Stops at the first failure.
 *
 * @param paths limits format, lint and tests to these files or folders; checks and suites of the whole project still run;
 *   default: everything
 */
export default async function (paths: string[]): Promise<number> {
  const missing = paths.find((path) => !existsSync(path));
  if (missing)
    throw new Error(
      `There is no ${missing}: npm run check, or npm run check -- libs/web test/readme.e2e-spec.ts.`,
    );
  endOnSignals();
  const quiet = { quiet: true };
  try {
    const parts = ['apps', 'libs', 'migrations', 'test'];
    await Promise.all([
      step('Format', () => runTool('prettier', ['--check', ...(paths.length > 0 ? paths : ['.'])], quiet)),
      step('Lint', () => runTool('oxlint', ['--type-aware', ...paths], quiet)),
      step('Types', () => runTool('tsc', ['--noEmit', '-p', 'tsconfig.json'], quiet)),
      step('Boundaries', () =>
        runTool(
          'depcruise',
          ['--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', ...parts],
          quiet,
        ),
      ),
    ]);
    await step('Build', build, (compiled) => (compiled ? undefined : '(up to date)'));
    await step('Generated files', () => runNode('dist/apps/api/src/generate.js', ['--check'], quiet));
    await step('API description', () => runNode('tools/support/lint-openapi.mts', ['openapi.json'], quiet));
    await step('Frame description', () =>
      runNode('tools/support/lint-asyncapi.mts', ['asyncapi.json'], quiet),
    );
    // Last, so that the numbers of passed and failed tests are the last line.
    return await runJest(paths.length > 0 ? [...paths, ...WHOLE_PROJECT] : []);
  } finally {
    await undoAll();
  }
}
