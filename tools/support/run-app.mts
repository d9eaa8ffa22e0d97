import { existsSync } from 'node:fs';
import { build, mainOf } from './build.mts';
import { CommandFailed, runNode } from './commands.mts';
import { runningParts } from './embedded.mts';
import { appEnvironment, readSettings } from './settings.mts';
import { step } from './steps.mts';
import { endOnSignals } from './undo.mts';

/**
 * Runs one more process of an app in the foreground, beside a running `npm start` or with the servers in the
 * environment.
 *
 * @returns the app's exit code
 * @throws Error if there are no servers
 */
export async function runApp(app: 'api' | 'worker', args: string[]): Promise<number> {
  const settings = readSettings();
  const parts = runningParts(settings);
  if (!parts) {
    throw new Error(
      `No servers for the ${app}: run \`npm start\` in this checkout first (with the same ROOKERY_DATA_DIR), or set ` +
        'DATABASE_URL, REDIS_URL and SMTP_URL.',
    );
  }
  endOnSignals({ exitCode: 0 });
  if (!existsSync(mainOf(app))) await step('Build', build);
  try {
    await runNode(mainOf(app), args, { env: { ...appEnvironment(settings), ...parts } });
    return 0;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return error.code;
  }
}
