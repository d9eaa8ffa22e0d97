import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { cacheFolder, privateFolder, reachableFolder } from './folders.mts';
import { findFreePort, isPortFree } from './ports.mts';
import { findPostgres, type PostgresPrograms } from './postgres-programs.mts';
import { hasEnded, leash, stopChild, stopLeftover } from './processes.mts';

const USER = 'rookery';
const ATTEMPTS = 5;
const START_TIMEOUT = 60_000;

export interface PostgresOptions {
  /** folder of this server; created if missing */
  dataDir: string;
  /** default: the last one used if it is free, else any free one */
  port?: number;
  /** created if missing; default `rookery` */
  database?: string;
  /** false: faster, but loses data if the machine crashes (not if only the server does) */
  durable?: boolean;
  log?: (line: string) => void;
}

export interface RunningPostgres {
  url: string;
  port: number;
  pid: number;
  version: string;
  source: string;
  /** `fast` ends connections and shuts down cleanly, `immediate` stops like a crash */
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
}

interface Account {
  uid: number;
  gid: number;
}

/** The files of one server. */
interface Home {
  folder: string;
  data: string;
  log: string;
  password: string;
}

/**
 * Starts a private PostgreSQL on 127.0.0.1 with a password that only its data folder knows.
 *
 * A server left over from a killed run in the same folder is stopped first; callers must ensure that no two live
 * supervisors share a folder.
 *
 * @throws Error if PostgreSQL is not available, the port is taken, the data belongs to a different major version, or
 *   the server does not start (with the end of its log)
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const log = options.log ?? (() => undefined);
  const account = serverAccount();
  const wanted = resolve(options.dataDir);
  const folder = account ? reachableFolder(wanted, account.uid) : wanted;
  if (folder !== wanted)
    log(`PostgreSQL runs as user "nobody", who cannot access ${wanted}: its files are in ${folder}`);
  mkdirSync(folder, { recursive: true });
  const home: Home = {
    folder,
    data: join(folder, 'data'),
    log: join(folder, 'server.log'),
    password: join(folder, 'password'),
  };

  const programs = await findPostgres({
    major: existingMajor(home),
    uid: account?.uid,
    cacheDir: cacheFolder(),
    log,
  }).catch((error: Error) => {
    throw new Error(`${error.message} (data folder: ${home.folder})`);
  });
  await clearLeftover(home);
  const password = readOrMakePassword(home);
  const durable = options.durable ?? true;
  if (!existsSync(home.data)) await createCluster(home, programs, password, durable, account);

  const { child, port } = await launch(home, programs, password, { port: options.port, durable, account });
  const database = options.database ?? 'rookery';
  try {
    await createDatabase(urlOf(password, port, 'postgres'), database);
  } catch (error) {
    await stopChild(child, 'SIGINT', 10_000);
    throw error;
  }
  return {
    url: urlOf(password, port, database),
    port,
    pid: child.pid!,
    version: programs.version,
    source: programs.source,
    stop: (mode = 'fast') =>
      mode === 'fast' ? stopChild(child, 'SIGINT', 30_000) : stopChild(child, 'SIGQUIT', 10_000),
  };
}

// PostgreSQL refuses to run as root.
function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const ask = (what: string) => Number(execFileSync('id', [what, 'nobody'], { encoding: 'utf8' }));
  return { uid: ask('-u'), gid: ask('-g') };
}

function existingMajor(home: Home): number | undefined {
  const file = join(home.data, 'PG_VERSION');
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
}

async function clearLeftover(home: Home): Promise<void> {
  const file = join(home.data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  await stopLeftover(pid, home.data, 'SIGINT');
  // Otherwise an unrelated process that now has the same pid would keep the server from starting.
  rmSync(file, { force: true });
}

function readOrMakePassword(home: Home): string {
  if (existsSync(home.password)) return readFileSync(home.password, 'utf8').trim();
  if (existsSync(home.data)) {
    throw new Error(
      `${home.password} is missing, so no login is possible: remove ${home.folder} to start over.`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  writeFileSync(home.password, `${password}\n`, { mode: 0o600 });
  return password;
}

// Created beside its target and renamed, so that a killed run leaves nothing that looks complete.
async function createCluster(
  home: Home,
  programs: PostgresPrograms,
  password: string,
  durable: boolean,
  account: Account | undefined,
): Promise<void> {
  const scratch = join(home.folder, 'new');
  rmSync(scratch, { recursive: true, force: true });
  privateFolder(scratch, account);
  const passwordFile = join(scratch, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account) chownSync(passwordFile, account.uid, account.gid);
  const data = join(scratch, 'data');
  const flags = ['--encoding=UTF8', '--auth=scram-sha-256', `--username=${USER}`, `--pwfile=${passwordFile}`];
  if (!durable) flags.push('--no-sync');
  try {
    await promisify(execFile)(programs.initdb, ['-D', data, ...localeFlags(programs.major), ...flags], {
      cwd: scratch,
      env: programs.env,
      ...account,
    });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(`PostgreSQL's initdb failed: ${stderr || (error as Error).message}`, { cause: error });
  }
  renameSync(data, home.data);
  rmSync(scratch, { recursive: true, force: true });
}

// Lower-casing must work for non-ASCII letters; the locale for that depends on version and system.
function localeFlags(major: number): string[] {
  if (major >= 17) return ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  return [process.platform === 'darwin' ? '--locale=en_US.UTF-8' : '--locale=C.UTF-8'];
}

async function launch(
  home: Home,
  programs: PostgresPrograms,
  password: string,
  options: { port?: number; durable: boolean; account?: Account },
): Promise<{ child: ChildProcess; port: number }> {
  const remembered = join(home.folder, 'port');
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await choosePort(remembered, attempt));
    if (options.port !== undefined && !(await isPortFree(port))) {
      throw new Error(`Port ${port} for PostgreSQL is taken: stop what uses it, or choose another port.`);
    }
    const child = spawnServer(home, programs, port, options.durable, options.account);
    leash(child, 'INT');
    const failure = await untilReady(child, urlOf(password, port, 'postgres'));
    if (failure === undefined) {
      writeFileSync(remembered, `${port}\n`);
      return { child, port };
    }
    await stopChild(child, 'SIGINT', 5_000);
    const said = tail(home.log);
    // Another process took the port in between, or the shared memory of a killed server is not released yet.
    const passing = /address already in use|could not bind|shared memory block|postmaster\.pid/i.test(said);
    if (!passing || attempt >= ATTEMPTS) throw new Error(`PostgreSQL did not start: ${failure}\n${said}`);
    await sleep(200 * attempt);
  }
}

async function choosePort(remembered: string, attempt: number): Promise<number> {
  const last = existsSync(remembered) ? Number.parseInt(readFileSync(remembered, 'utf8'), 10) : 0;
  return attempt < ATTEMPTS - 1 && last > 0 && (await isPortFree(last)) ? last : findFreePort();
}

function spawnServer(
  home: Home,
  programs: PostgresPrograms,
  port: number,
  durable: boolean,
  account: Account | undefined,
): ChildProcess {
  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
    // Commits still reach the operating system, so tests can kill the server without losing data.
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const output = openSync(home.log, 'w', 0o600);
  try {
    const child = spawn(programs.postgres, ['-D', home.data, ...args], {
      cwd: home.data,
      env: programs.env,
      // A file instead of a pipe: the server must not depend on this process reading it.
      stdio: ['ignore', output, output],
      detached: true,
      ...account,
    });
    child.on('error', () => undefined);
    child.unref();
    return child;
  } finally {
    closeSync(output);
    chmodSync(home.log, 0o600);
  }
}

/** Resolves to undefined once the server accepts connections, else to the error. */
async function untilReady(child: ChildProcess, url: string): Promise<string | undefined> {
  const deadline = Date.now() + START_TIMEOUT;
  while (Date.now() < deadline) {
    if (hasEnded(child)) return `it ended with ${child.signalCode ?? `code ${child.exitCode}`}.`;
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return undefined;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === '28P01') return 'the password in its data folder is wrong.';
      await sleep(20);
    }
  }
  return `it accepts no connections after ${START_TIMEOUT / 1000} s.`;
}

async function createDatabase(url: string, name: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (!rowCount) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

function urlOf(password: string, port: number, database: string): string {
  return `postgres://${USER}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

function tail(file: string): string {
  return existsSync(file) && statSync(file).size > 0
    ? readFileSync(file, 'utf8').trim().split('\n').slice(-15).join('\n')
    : '(its log is empty)';
}
