import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { cacheFolder } from './folders.mts';
import { findFreePort, isPortFree } from './ports.mts';
import { hasEnded, leash, stopChild, stopLeftover } from './processes.mts';
import { findRedis, type RedisProgram } from './redis-programs.mts';

const ATTEMPTS = 5;
const START_TIMEOUT = 30_000;

export interface RedisOptions {
  /** folder of this server; created if missing */
  dataDir: string;
  /** default: the last one used if it is free, else any free one */
  port?: number;
  /** false: nothing is written to disk */
  durable?: boolean;
  log?: (line: string) => void;
}

export interface RunningRedis {
  url: string;
  port: number;
  pid: number;
  version: string;
  source: string;
  /** SIGTERM writes pending data, SIGKILL is a crash */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/**
 * Starts a private Redis on 127.0.0.1 with a password that only its data folder knows.
 *
 * A server left over from a killed run in the same folder is stopped first; callers must ensure that no two live
 * supervisors share a folder.
 *
 * @throws Error if Redis is not available, the port is taken, or the server does not start (with the end of its log)
 */
export async function startRedis(options: RedisOptions): Promise<RunningRedis> {
  const folder = resolve(options.dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const program = await findRedis({ cacheDir: cacheFolder(), log: options.log ?? (() => undefined) });
  await clearLeftover(folder);
  const password = readOrMakePassword(join(folder, 'password'));
  const { child, port } = await launch(folder, program, password, options);
  return {
    url: urlOf(password, port),
    port,
    pid: child.pid!,
    version: program.version,
    source: program.source,
    stop: (signal = 'SIGTERM') => stopChild(child, signal, 15_000),
  };
}

async function clearLeftover(folder: string): Promise<void> {
  const [pid, port] = read(join(folder, 'process')).split(' ').map(Number);
  // Redis replaces its command line with its name and address.
  if (pid && port) await stopLeftover(pid, `-server 127.0.0.1:${port}`, 'SIGTERM');
}

function readOrMakePassword(file: string): string {
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  return read(file);
}

async function launch(
  folder: string,
  program: RedisProgram,
  password: string,
  options: RedisOptions,
): Promise<{ child: ChildProcess; port: number }> {
  const remembered = join(folder, 'process');
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await choosePort(remembered, attempt));
    if (options.port !== undefined && !(await isPortFree(port))) {
      throw new Error(`Port ${port} for Redis is taken: stop what uses it, or choose another port.`);
    }
    const child = spawnServer(folder, program, password, port, options.durable ?? true);
    leash(child, 'TERM');
    const failure = await untilReady(child, urlOf(password, port));
    if (failure === undefined) {
      writeFileSync(remembered, `${child.pid} ${port}\n`);
      return { child, port };
    }
    await stopChild(child, 'SIGTERM', 5_000);
    const said = read(join(folder, 'server.log')).split('\n').slice(-15).join('\n');
    const passing = /address already in use|failed listening|could not create server/i.test(said);
    if (!passing || attempt >= ATTEMPTS) throw new Error(`Redis did not start: ${failure}\n${said}`);
    await sleep(200 * attempt);
  }
}

async function choosePort(remembered: string, attempt: number): Promise<number> {
  const last = Number(read(remembered).split(' ')[1] ?? 0);
  return attempt < ATTEMPTS - 1 && last > 0 && (await isPortFree(last)) ? last : findFreePort();
}

function spawnServer(
  folder: string,
  program: RedisProgram,
  password: string,
  port: number,
  durable: boolean,
): ChildProcess {
  const config = join(folder, 'redis.conf');
  const lines = [
    'bind 127.0.0.1',
    'protected-mode yes',
    `port ${port}`,
    `dir "${folder}"`,
    `requirepass ${password}`,
    'daemonize no',
    'maxmemory-policy noeviction',
    ...(durable ? ['appendonly yes', 'appendfsync everysec'] : ['appendonly no', 'save ""']),
  ];
  // A file, because every user of the machine can read a command line.
  writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o600 });
  chmodSync(config, 0o600);
  const output = openSync(join(folder, 'server.log'), 'w', 0o600);
  try {
    const child = spawn(program.file, [config], {
      cwd: folder,
      env: program.env,
      stdio: ['ignore', output, output],
      detached: true,
    });
    child.on('error', () => undefined);
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

/** Resolves to undefined once the server responds, else to the error. */
async function untilReady(child: ChildProcess, url: string): Promise<string | undefined> {
  const deadline = Date.now() + START_TIMEOUT;
  while (Date.now() < deadline) {
    if (hasEnded(child)) return `it ended with ${child.signalCode ?? `code ${child.exitCode}`}.`;
    const client = new Redis(url, {
      lazyConnect: true,
      connectTimeout: 2_000,
      disconnectTimeout: 50,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      enableReadyCheck: false,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.ping();
      return undefined;
    } catch (error) {
      if (/WRONGPASS|NOAUTH/.test((error as Error).message)) return 'its password is wrong.';
      await sleep(20);
    } finally {
      client.disconnect();
    }
  }
  return `it does not respond after ${START_TIMEOUT / 1000} s.`;
}

function urlOf(password: string, port: number): string {
  return `redis://:${password}@127.0.0.1:${port}`;
}

function read(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}
