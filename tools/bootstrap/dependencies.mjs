// Plain JavaScript without packages: this runs before anything is installed, and on an older Node.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from './npm.mjs';

/**
 * Ensures that node_modules matches package-lock.json, for this platform and Node. A stamp file records this. A manual
 * `npm ci` leaves no stamp, but npm's own record of what it installed; it is compared with the lock file to avoid a
 * second installation.
 *
 * @param {string} checkout
 * @returns {Promise<void>}
 * @throws {Error} when npm fails
 */
export async function installDependencies(checkout) {
  const modules = join(checkout, 'node_modules');
  const stamp = join(modules, '.rookery-stamp');
  const wanted = stampOf(checkout);
  const found = existsSync(stamp) ? readFileSync(stamp, 'utf8').trim() : '';
  if (found === wanted) return;
  if (found || !installedByHand(checkout)) {
    console.log('Installing the packages in package-lock.json ...');
    const flags = ['--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
    await npm(['ci', ...flags], { cwd: checkout });
  }
  writeFileSync(stamp, `${wanted}\n`);
}

function stampOf(checkout) {
  const lock = readFileSync(join(checkout, 'package-lock.json'));
  const { platform, arch, versions } = process;
  return createHash('sha256').update(lock).update([platform, arch, versions.modules].join(' ')).digest('hex');
}

function installedByHand(checkout) {
  const record = join(checkout, 'node_modules', '.package-lock.json');
  const lock = join(checkout, 'package-lock.json');
  if (!existsSync(record)) return false;
  const { packages: wanted } = JSON.parse(readFileSync(lock, 'utf8'));
  const { packages: found } = JSON.parse(readFileSync(record, 'utf8'));
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || found[path]?.version === version,
  );
}
