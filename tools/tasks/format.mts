import { existsSync } from 'node:fs';
import { runTool } from '../support/commands.mts';
import { endOnSignals } from '../support/undo.mts';

/**
 * Formats, and fixes what the linter can fix; fails if the linter finds what it cannot fix.
 *
 * @param paths files or folders; default: everything
 */
export default async function (paths: string[]): Promise<void> {
  const missing = paths.find((path) => !existsSync(path));
  if (missing) throw new Error(`There is no ${missing}: npm run format, or npm run format -- libs/web.`);
  endOnSignals();
  const format = () =>
    runTool('prettier', ['--write', '--log-level', 'warn', ...(paths.length > 0 ? paths : ['.'])]);
  await format();
  await runTool('oxlint', ['--fix', ...paths]);
  await format();
}
