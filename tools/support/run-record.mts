import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine, stopLeftover } from '../parts/processes.mts';
import { atEnd } from './undo.mts';

/** What a running `npm start` publishes to other commands in the same checkout. */
export interface RunRecord {
  pid: number;
  /** the environment of the apps; without addresses of the servers until these run */
  env: Record<string, string>;
  /** pids of the apps, by the absolute path of the script they run */
  apps: Record<string, number>;
}

/** The record of the process that is using this data folder, if there is one. */
export function liveRun(dataDir: string): RunRecord | undefined {
  const record = read(dataDir);
  return record && isSupervisor(record.pid) ? record : undefined;
}

/**
 * Locks the data folder for this process until it ends, and stops processes left over from a killed run. Leftover
 * servers are stopped when they are started again.
 *
 * @throws Error if a live process uses the folder
 */
export async function takeDataDir(dataDir: string, env: Record<string, string>): Promise<RunRecord> {
  const live = liveRun(dataDir);
  if (live) throw new Error(inUse(dataDir, live));
  for (const [script, pid] of Object.entries(read(dataDir)?.apps ?? {}))
    await stopLeftover(pid, script, 'SIGTERM');
  const record: RunRecord = { pid: process.pid, env, apps: {} };
  mkdirSync(dataDir, { recursive: true });
  writeRun(dataDir, record);
  atEnd(() => {
    if (read(dataDir)?.pid === process.pid) rmSync(file(dataDir), { force: true });
  });
  return record;
}

/** Writes the record atomically. It contains passwords, so only this user may read it. */
export function writeRun(dataDir: string, record: RunRecord): void {
  const scratch = `${file(dataDir)}.${process.pid}`;
  writeFileSync(scratch, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(scratch, file(dataDir));
}

function inUse(dataDir: string, live: RunRecord): string {
  const { PORT, MAILBOX_PORT } = live.env;
  return [
    `Rookery is already running from ${dataDir} (process ${live.pid}):`,
    `  API      http://127.0.0.1:${PORT}/v1`,
    `  Swagger  http://127.0.0.1:${PORT}/v1/docs`,
    `  Mailbox  http://127.0.0.1:${MAILBOX_PORT}`,
    'Stop it first, or set ROOKERY_DATA_DIR, PORT, WORKER_PORT and MAILBOX_PORT to run a second one.',
  ].join('\n');
}

function isSupervisor(pid: number): boolean {
  return pid !== process.pid && commandLine(pid).includes('rookery.mjs');
}

function read(dataDir: string): RunRecord | undefined {
  if (!existsSync(file(dataDir))) return undefined;
  try {
    return JSON.parse(readFileSync(file(dataDir), 'utf8')) as RunRecord;
  } catch {
    return undefined;
  }
}

function file(dataDir: string): string {
  return join(dataDir, 'run.json');
}
