import { join } from 'node:path';

/** Settings of the tasks from the environment, which already includes the `.env` file. */
export interface Settings {
  checkout: string;
  dataDir: string;
  host: string;
  port: number;
  workerPort: number;
  mailboxPort: number;
}

/** @throws Error if a port is invalid */
export function readSettings(): Settings {
  const checkout = process.cwd();
  return {
    checkout,
    dataDir: process.env.ROOKERY_DATA_DIR ?? join(checkout, '.rookery'),
    host: process.env.HOST || '127.0.0.1',
    port: portSetting('PORT', 3000),
    workerPort: portSetting('WORKER_PORT', 3001),
    mailboxPort: portSetting('MAILBOX_PORT', 8025),
  };
}

/**
 * Node sizes its heap by the memory of the machine: on a large one garbage stays until a process is three times as
 * large as what it keeps. Young space below 32 MB makes the slowest requests slower (docs/performance.md). Later
 * options win, so NODE_OPTIONS can set other limits.
 */
const HEAP_LIMITS = '--max-old-space-size=384 --max-semi-space-size=32';

/** The environment of the apps without the addresses of the servers. */
export function appEnvironment(settings: Settings): Record<string, string> {
  return {
    NODE_ENV: process.env.NODE_ENV || 'development',
    NODE_OPTIONS: `${HEAP_LIMITS} ${process.env.NODE_OPTIONS ?? ''}`.trim(),
    HOST: settings.host,
    PORT: String(settings.port),
    WORKER_PORT: String(settings.workerPort),
    MAILBOX_PORT: String(settings.mailboxPort),
    PUBLIC_URL: process.env.PUBLIC_URL || `http://127.0.0.1:${settings.port}`,
    ROOKERY_DATA_DIR: settings.dataDir,
  };
}

/** URL of an app on this machine, also if it listens on all addresses. */
export function localUrl(settings: Settings, port: number): string {
  return `http://${['0.0.0.0', '::', '127.0.0.1'].includes(settings.host) ? '127.0.0.1' : settings.host}:${port}`;
}

function portSetting(name: string, standard: number): number {
  const port = Number(process.env[name] || standard);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`${name} is "${process.env[name]}", which is not a port.`);
  }
  return port;
}
