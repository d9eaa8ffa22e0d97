#!/usr/bin/env node
// The entry point of all npm scripts. Plain JavaScript without packages, because it runs on a fresh checkout and on
// older Node versions: it installs Node and node_modules if needed, then runs the task.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installDependencies } from './bootstrap/dependencies.mjs';
import { loadEnvFile } from './bootstrap/env-file.mjs';
import { endWithNpm, fetchNode, isNodeNewEnough, runWith } from './bootstrap/node.mjs';

const self = fileURLToPath(import.meta.url);
const checkout = dirname(dirname(self));
const tasks = join(dirname(self), 'tasks');

async function main(name = '', ...args) {
  const file = join(tasks, `${name.replaceAll(':', '-')}.mts`);
  if (!/^[a-z:]+$/.test(name) || !existsSync(file)) {
    const known = readdirSync(tasks).map((entry) => `  ${entry.replace('.mts', '').replaceAll('-', ':')}`);
    throw new Error(
      `${name ? `There is no task "${name}".` : 'No task given.'} Available tasks:\n${known.join('\n')}`,
    );
  }
  process.chdir(checkout);
  loadEnvFile(join(checkout, '.env'));
  process.env.ROOKERY_DATA_DIR = resolve(process.env.ROOKERY_DATA_DIR || '.rookery');
  process.env.ROOKERY_CACHE_DIR = resolve(process.env.ROOKERY_CACHE_DIR || join('.rookery', 'cache'));

  endWithNpm();
  if (!isNodeNewEnough()) {
    await runWith(await fetchNode(process.env.ROOKERY_CACHE_DIR), [self, name, ...args]);
  }
  await installDependencies(checkout);
  const task = await import(pathToFileURL(file).href);
  process.exitCode = (await task.default(args)) ?? 0;
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(`\n${process.env.ROOKERY_DEBUG ? error.stack : error.message}`);
  process.exitCode = 1;
});
