import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../parts/folders.mts';
import { CommandFailed, runTool } from './commands.mts';
import { atEnd } from './undo.mts';

/** The numbers of jest's JSON report that are used here. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numRuntimeErrorTestSuites: number;
}

/**
 * Runs jest, and prints `N passed, N failed, N skipped` as the last line.
 *
 * @returns jest's exit code
 */
export async function runJest(args: string[]): Promise<number> {
  const folder = temporaryFolder('rookery-jest');
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const report = join(folder, 'report.json');
  let code = 0;
  try {
    await runTool('jest', ['--json', `--outputFile=${report}`, ...args], {
      env: { NODE_ENV: 'test' },
      group: true,
    });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    code = error.code;
  }
  if (existsSync(report)) console.log(`\n${summary(JSON.parse(readFileSync(report, 'utf8')) as Report)}`);
  return code;
}

// A file that jest could not load counts as one failure; jest itself counts no test in it.
function summary(report: Report): string {
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const skipped = report.numPendingTests + report.numTodoTests;
  return `${report.numPassedTests} passed, ${failed} failed, ${skipped} skipped`;
}
