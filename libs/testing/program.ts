import { type ChildProcess, spawn } from 'node:child_process';
import type { TestSystem } from './system';

/**
 * Starts a compiled program as a process of its own, which the suite can kill. The suite must stop it.
 *
 * @param system whose database and Redis it uses
 * @param command path of the script and its arguments
 * @param settings additional environment variables, at least `SMTP_URL`
 */
export function startProgram(
  system: TestSystem,
  command: readonly string[],
  settings: { SMTP_URL: string } & Record<string, string>,
): ChildProcess {
  return spawn(process.execPath, [...command], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      LOG_LEVEL: 'fatal',
      WORKER_PORT: '0',
      DATABASE_URL: system.addresses.databaseUrl,
      DATABASE_POOL_SIZE: '5',
      REDIS_URL: system.addresses.redisUrl,
      ...settings,
    },
  });
}

/** Starts a worker as a process of its own; see {@link startProgram}. */
export function startWorkerProgram(
  system: TestSystem,
  settings: { SMTP_URL: string } & Record<string, string>,
): ChildProcess {
  return startProgram(system, ['dist/apps/worker/src/main.js'], settings);
}
