import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { scratchFolder } from '../bootstrap/npm.mjs';

const run = promisify(execFile);
const OLDEST_MAJOR = 6;

/** A Redis (or Valkey) server program. */
export interface RedisProgram {
  file: string;
  version: string;
  /** where it comes from, for people */
  source: string;
  env: NodeJS.ProcessEnv;
}

/**
 * Finds a Redis or Valkey server on this machine. No npm package contains one, so Debian and Ubuntu use the package of
 * the distribution: unpacked privately without root, or installed as a last resort.
 *
 * @throws Error that says what to install when there is none
 */
export async function findRedis(options: {
  cacheDir: string;
  log: (line: string) => void;
}): Promise<RedisProgram> {
  const installed = process.env.ROOKERY_PARTS_IGNORE_INSTALLED ? undefined : findInstalled();
  if (installed) return installed;
  const reasons: string[] = [];
  if (hasCommand('apt-get') && hasCommand('dpkg')) {
    for (const way of [unpackPrivately, installWithApt]) {
      try {
        const found = await way(options);
        if (found) return found;
      } catch (error) {
        reasons.push((error as Error).message.trim().split('\n').slice(-3).join(' '));
      }
    }
  }
  throw new Error(
    `There is no Redis on this machine: ${advice()}; or set REDIS_URL to a running server, or use docker compose.` +
      (reasons.length ? `\nTried before: ${reasons.join('; ')}` : ''),
  );
}

function advice(): string {
  if (process.platform === 'darwin') return 'run `brew install redis`';
  if (hasCommand('apt-get')) return 'run `sudo apt-get install redis-server`';
  if (hasCommand('apk')) return 'run `apk add redis`';
  if (hasCommand('dnf')) return 'run `sudo dnf install valkey` (or `redis`)';
  return 'install Redis 6.2 or newer (or Valkey)';
}

function findInstalled(): RedisProgram | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/opt/homebrew/bin', '/usr/local/bin'];
  for (const name of ['redis-server', 'valkey-server']) {
    for (const folder of folders) {
      const found = folder && inspect(join(folder, name), 'installed on this machine');
      if (found) return found;
    }
  }
  return undefined;
}

function inspect(file: string, source: string, libraries?: string): RedisProgram | undefined {
  if (!existsSync(file)) return undefined;
  const env = { PATH: process.env.PATH, TZ: 'UTC', ...(libraries ? { LD_LIBRARY_PATH: libraries } : {}) };
  try {
    const answer = execFileSync(file, ['--version'], {
      encoding: 'utf8',
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const version = /v=(\d+)(\.\d+)*/.exec(answer);
    if (!version || Number(version[1]) < OLDEST_MAJOR) return undefined;
    return { file, version: version[0].slice(2), source, env };
  } catch {
    return undefined;
  }
}

async function unpackPrivately(options: {
  cacheDir: string;
  log: (line: string) => void;
}): Promise<RedisProgram | undefined> {
  // Binaries of one release do not work with the libraries of another.
  const target = join(options.cacheDir, `redis-${release()}-${process.arch}`);
  const server = join(target, 'usr', 'bin', 'redis-server');
  const known = inspect(server, 'from the distribution, unpacked privately', libraryPath(target));
  if (known) return known;
  options.log('downloading Redis from the packages of the distribution (once) ...');
  const scratch = scratchFolder(target);
  try {
    const apt = await usableLists(options.cacheDir);
    const needed = (await dependencies(apt)).filter((name) => !isInstalled(name));
    const downloads = join(scratch, 'downloads');
    mkdirSync(downloads);
    await run('apt-get', [...apt, 'download', 'redis-tools', ...needed], { cwd: downloads });
    for (const file of readdirSync(downloads)) await run('dpkg', ['-x', join(downloads, file), scratch]);
    rmSync(downloads, { recursive: true });
    // Debian ships one program under several names; the server's name is in a package with a service that we do not
    // install.
    const link = join(scratch, 'usr', 'bin', 'redis-server');
    if (!existsSync(link)) symlinkSync('redis-check-rdb', link);
    if (!inspect(link, '', libraryPath(scratch))) throw new Error('the unpacked redis-server does not run');
    rmSync(target, { recursive: true, force: true });
    renameSync(scratch, target);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return inspect(server, 'from the distribution, unpacked privately', libraryPath(target));
}

/** Options for apt's package lists: those of the machine, updated ones of the machine, or private ones. */
async function usableLists(cacheDir: string): Promise<string[]> {
  if (await knows([])) return [];
  if (process.getuid?.() === 0) {
    await run('apt-get', ['update']);
    return [];
  }
  const folder = join(cacheDir, 'apt');
  for (const part of ['lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(folder, part), { recursive: true });
  }
  const own = [
    '-o',
    `Dir::State::lists=${join(folder, 'lists')}`,
    '-o',
    `Dir::Cache=${join(folder, 'cache')}`,
  ];
  if (!(await knows(own))) await run('apt-get', [...own, 'update']);
  return own;
}

async function knows(apt: string[]): Promise<boolean> {
  const { stdout } = await run('apt-cache', [...apt, 'policy', 'redis-tools']);
  return /Candidate: [^(]/.test(stdout);
}

// Their names change between releases, so query the distribution.
async function dependencies(apt: string[]): Promise<string[]> {
  const skip = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'];
  const flags = skip.map((kind) => `--no-${kind}`);
  const { stdout } = await run('apt-cache', [...apt, 'depends', '--recurse', ...flags, 'redis-tools']);
  const names = stdout.split('\n').filter((line) => /^(lib|lua-)[\w.+-]+$/.test(line));
  // A different C library would break everything; the right one is installed on every machine.
  return [...new Set(names)].filter((name) => !/^libc6|^libc-|^libelogind|^libpam|installer/.test(name));
}

function isInstalled(name: string): boolean {
  try {
    const status = execFileSync('dpkg-query', ['-W', '-f', '${Status}', name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return status.endsWith(' installed');
  } catch {
    return false;
  }
}

async function installWithApt(): Promise<RedisProgram | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const policy = '/usr/sbin/policy-rc.d';
  const added = !existsSync(policy);
  // 101 tells the package's scripts that starting a service is not allowed.
  if (added) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await run('apt-get', ['update'], { env });
    await run('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server'], { env });
  } finally {
    if (added) rmSync(policy, { force: true });
  }
  return findInstalled();
}

function libraryPath(root: string): string {
  const folders: string[] = [];
  for (const base of [join(root, 'lib'), join(root, 'usr', 'lib')]) {
    if (!existsSync(base) || !lstatSync(base).isDirectory()) continue;
    folders.push(base);
    for (const entry of readdirSync(base, { withFileTypes: true })) {
      if (entry.isDirectory()) folders.push(join(base, entry.name));
    }
  }
  return folders.join(delimiter);
}

function release(): string {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const value = (name: string) => new RegExp(`^${name}="?([\\w.-]+)`, 'm').exec(text)?.[1] ?? 'unknown';
  return `${value('ID')}-${value('VERSION_ID')}`;
}

function hasCommand(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => folder && existsSync(join(folder, name)));
}
