// Plain JavaScript without packages: this runs before anything is installed, and on an older Node.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

// No download takes an hour.
const ABANDONED = 60 * 60 * 1000;

/**
 * How to call npm: the one that started us if there is one, else the one on PATH.
 *
 * @param {string[]} args what follows `npm`
 * @returns {{ file: string, args: string[] }} what to spawn
 */
export function npmCommand(args) {
  const cli = process.env.npm_execpath ?? '';
  // pnpm and yarn set the same variable.
  return basename(cli) === 'npm-cli.js' && existsSync(cli)
    ? { file: process.execPath, args: [cli, ...args] }
    : { file: 'npm', args };
}

/** The environment without settings that would make npm omit packages that we need. */
export function npmEnvironment() {
  const skipped = /^npm_config_(omit|production|include|only|prefix|global)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !skipped.test(name)));
}

/**
 * Runs npm and waits for its end.
 *
 * @param {string[]} args what follows `npm`
 * @param {{ cwd?: string, quiet?: boolean }} [options] quiet: show the output only if it fails
 * @returns {Promise<void>}
 * @throws {Error} if npm cannot be started or ends with a code other than 0
 */
export function npm(args, { cwd, quiet = false } = {}) {
  const command = npmCommand(args);
  return new Promise((resolve, reject) => {
    const child = spawn(command.file, command.args, {
      cwd,
      env: npmEnvironment(),
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => reject(new Error(`npm could not be started: ${error.message}`)));
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`npm ${args[0]} failed (code ${code}).\n${output}`.trim())),
    );
  });
}

/**
 * Installs one npm package into its own folder, completely or not at all, so that an interrupted download or concurrent
 * processes do no harm. Downloads nothing if it is already installed.
 *
 * @param {string} name package name
 * @param {string} version exact version
 * @param {string} cacheDir folder for packages
 * @param {(line: string) => void} say called once, before a download
 * @returns {Promise<string>} the package's folder
 * @throws {Error} if npm cannot download it
 */
export async function fetchPackage(name, version, cacheDir, say) {
  const target = join(cacheDir, `${name.replace(/[@/]+/g, '-').replace(/^-/, '')}-${version}`);
  const folder = join(target, 'node_modules', name);
  if (existsSync(folder)) return folder;
  say(`downloading ${name} ${version} through npm (once) ...`);
  const scratch = scratchFolder(target);
  try {
    const flags = ['--ignore-scripts', '--no-save', '--no-audit', '--no-fund', '--no-package-lock'];
    await npm(['install', '--prefix', scratch, ...flags, `${name}@${version}`], {
      cwd: scratch,
      quiet: true,
    });
    try {
      renameSync(scratch, target);
    } catch (error) {
      if (!existsSync(folder)) throw error;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return folder;
}

/**
 * A new folder beside a target, to be renamed to it once it is complete. Removes folders left over from killed runs.
 *
 * @param {string} target
 * @returns {string}
 */
export function scratchFolder(target) {
  const parent = dirname(target);
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith(`${basename(target)}.`))) {
    const leftover = join(parent, name);
    if (Date.now() - statSync(leftover).mtimeMs > ABANDONED)
      rmSync(leftover, { recursive: true, force: true });
  }
  return mkdtempSync(`${target}.`);
}
