import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';

/**
 * Where fetched programs are kept: ROOKERY_CACHE_DIR, else `.rookery/cache` in the checkout that the current
 * folder belongs to.
 */
export function cacheFolder(): string {
  if (process.env.ROOKERY_CACHE_DIR) return resolve(process.env.ROOKERY_CACHE_DIR);
  let folder = process.cwd();
  while (!existsSync(join(folder, 'tools', 'rookery.mjs')) && dirname(folder) !== folder)
    folder = dirname(folder);
  return join(dirname(folder) === folder ? process.cwd() : folder, '.rookery', 'cache');
}

/** A new empty folder for throw-away parts. The caller removes it. */
export function temporaryFolder(name = 'rookery'): string {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  // PostgreSQL runs as another user when we are root: it may pass through, not look around.
  chmodSync(folder, 0o711);
  return folder;
}

/**
 * A folder that another user (PostgreSQL's, when we are root) can get to: the wanted one where possible,
 * else one below /var/tmp that belongs to it for good.
 *
 * @param wanted absolute path; need not exist
 * @param uid of the user that has to get there
 * @returns the path to use
 * @throws Error when the stand-in below /var/tmp belongs to somebody else
 */
export function reachableFolder(wanted: string, uid: number): string {
  openTemporaryAncestors(wanted);
  if (ancestors(wanted).every((folder) => mayPass(folder, uid))) return wanted;
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 12);
  const standIn = join('/var/tmp', `rookery-${name}`);
  mkdirSync(standIn, { recursive: true, mode: 0o711 });
  const found = lstatSync(standIn);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new Error(
      `${standIn} is not a folder of this user: remove it, or set ROOKERY_DATA_DIR to another folder.`,
    );
  }
  return standIn;
}

/** Makes a folder that belongs to this user alone. */
export function privateFolder(path: string, owner?: { uid: number; gid: number }): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (owner) chownSync(path, owner.uid, owner.gid);
}

// mkdtemp makes folders that only their owner may enter. Those of ours may be passed through, which shows nothing.
function openTemporaryAncestors(path: string): void {
  for (const folder of ancestors(path)) {
    if (!folder.startsWith(resolve(tmpdir()) + sep)) continue;
    const found = statSync(folder);
    if (found.uid === process.getuid?.() && (found.mode & 0o001) === 0) chmodSync(folder, found.mode | 0o011);
  }
}

function mayPass(folder: string, uid: number): boolean {
  const { mode, uid: owner } = statSync(folder);
  return owner === uid ? (mode & 0o100) !== 0 : (mode & 0o001) !== 0;
}

function ancestors(path: string): string[] {
  const found: string[] = [];
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if (existsSync(folder)) found.push(folder);
    if (dirname(folder) === folder) return found;
  }
}
