import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';

/**
 * Where downloaded programs are stored: ROOKERY_CACHE_DIR, else `.rookery/cache` in the checkout of the current folder.
 */
export function cacheFolder(): string {
  if (process.env.ROOKERY_CACHE_DIR) return resolve(process.env.ROOKERY_CACHE_DIR);
  let folder = process.cwd();
  while (!existsSync(join(folder, 'tools', 'rookery.mjs')) && dirname(folder) !== folder)
    folder = dirname(folder);
  return join(dirname(folder) === folder ? process.cwd() : folder, '.rookery', 'cache');
}

/** A new empty folder for temporary servers. The caller removes it. */
export function temporaryFolder(name = 'rookery'): string {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  // PostgreSQL runs as another user if we are root: it may traverse the folder, but not list it.
  chmodSync(folder, 0o711);
  return folder;
}

/**
 * A folder that another user (PostgreSQL's, if we are root) can access: the wanted one if possible, else a permanent
 * one below /var/tmp.
 *
 * @param wanted absolute path; need not exist
 * @param uid of the user that needs access
 * @returns the path to use
 * @throws Error if the folder below /var/tmp belongs to a different user
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

/** Creates a folder that belongs only to this user. */
export function privateFolder(path: string, owner?: { uid: number; gid: number }): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (owner) chownSync(path, owner.uid, owner.gid);
}

// mkdtemp creates folders that only their owner may enter. Other users may traverse ours, which reveals nothing.
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
