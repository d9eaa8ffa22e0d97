import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@rookery/testing';
import { temporaryFolder } from '../../tools/parts/folders.mts';
import { findFreePort } from '../../tools/parts/ports.mts';

export const ROOT = join(__dirname, '../..');
const READY_MS = 240_000;
const STOPPED_MS = 40_000;

/** `npm start`, as a developer runs it, with its own ports and data. */
export interface Started {
  readonly folder: string;
  ports: { api: number; worker: number; mailbox: number };
  process: ChildProcess;
  /** What it has printed so far. */
  said: string;
}

/**
 * Runs `npm start` around the tests of a suite; call it in `describe`.
 *
 * @param name of its data folder
 */
export function npmStart(name: string): Started {
  const started = { folder: temporaryFolder(name), said: '' } as Started;
  beforeAll(async () => {
    const ports = { api: await findFreePort(), worker: await findFreePort(), mailbox: await findFreePort() };
    const child = spawn(process.execPath, [join(ROOT, 'tools/rookery.mjs'), 'start'], {
      cwd: ROOT,
      env: {
        ...process.env,
        NODE_ENV: 'development',
        ROOKERY_DATA_DIR: started.folder,
        ROOKERY_CACHE_DIR: process.env.ROOKERY_CACHE_DIR ?? join(ROOT, '.rookery/cache'),
        PORT: String(ports.api),
        WORKER_PORT: String(ports.worker),
        MAILBOX_PORT: String(ports.mailbox),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    Object.assign(started, { ports, process: child });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => (started.said += text.toString()));
    await eventually(() => {
      if (child.exitCode !== null) throw new Error(`npm start ended:\n${started.said}`);
      return /\bready\b/.test(started.said);
    }, READY_MS);
  }, READY_MS + 30_000);
  return started;
}

/** Ends it with all that it has started, and removes its data. */
export async function remove({ process: child, folder }: Started): Promise<void> {
  child?.kill('SIGINT');
  await eventually(() => !child || child.exitCode !== null, STOPPED_MS).catch(() => child.kill('SIGKILL'));
  rmSync(folder, { recursive: true, force: true });
}
