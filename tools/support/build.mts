import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from './commands.mts';

const APPS = ['api', 'worker'];
const SOURCES = ['apps', 'libs', 'migrations', join('test', 'probe')];
const SETTINGS = ['tsconfig.json', join('apps', 'tsconfig.json'), 'nest-cli.json', 'package-lock.json'];
const STAMP = join('dist', '.stamp');

/** The input of a build: files and their state. */
interface Inputs {
  names: string;
  state: string;
}

/**
 * Compiles both apps to `dist`, unless `dist` was built from exactly the same files.
 *
 * @returns whether anything was compiled
 * @throws CommandFailed with the compiler's output
 */
export async function build(): Promise<boolean> {
  const inputs = readInputs();
  const last = readStamp();
  if (last?.state === inputs.state && APPS.every((app) => existsSync(mainOf(app)))) return false;
  // The output of a deleted file, such as a migration, must not remain.
  if (last?.names !== inputs.names) rmSync('dist', { recursive: true, force: true });
  rmSync(STAMP, { force: true });
  // One project compiles both apps, and the processes that chaos tests and benches run.
  await runTool('nest', ['build', 'api'], { quiet: true });
  mkdirSync('dist', { recursive: true });
  writeFileSync(STAMP, JSON.stringify(inputs));
  return true;
}

/** @returns a value that changes whenever the result of a build would change. */
export function stateOfSources(): string {
  return readInputs().state;
}

/** The compiled entry of an app. */
export function mainOf(app: string): string {
  return join('dist', 'apps', app, 'src', 'main.js');
}

function readInputs(): Inputs {
  const sources = SOURCES.flatMap((folder) =>
    filesBelow(folder, /(?<!spec|contexts\/\w+\/testing|features\/[\w-]+\/access)\.ts$/),
  );
  const names = createHash('sha256');
  const state = createHash('sha256');
  for (const file of [...SETTINGS, ...sources.sort()]) {
    const { mtimeMs, size } = statSync(file);
    names.update(`${file}\n`);
    state.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return { names: names.digest('hex'), state: state.digest('hex') };
}

function readStamp(): Inputs | undefined {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8')) as Inputs;
  } catch {
    return undefined;
  }
}

function filesBelow(folder: string, pattern: RegExp): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path, pattern);
    return pattern.test(entry.name) ? [path] : [];
  });
}
