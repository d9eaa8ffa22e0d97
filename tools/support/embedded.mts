import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../parts/folders.mts';
import { startMailbox } from '../parts/mailbox.mts';
import { startPostgres } from '../parts/postgres.mts';
import { startRedis } from '../parts/redis.mts';
import type { StorageAddress } from '../parts/storage-address.mts';
import { startStorage } from '../parts/storage.mts';
import { liveRun, takeDataDir } from './run-record.mts';
import { appEnvironment, type Settings } from './settings.mts';
import { step } from './steps.mts';
import { atEnd } from './undo.mts';

/** Addresses of the servers for the apps. */
export interface PartAddresses extends Partial<StorageAddress> {
  DATABASE_URL: string;
  REDIS_URL: string;
  SMTP_URL: string;
}

/**
 * Starts the servers that are not in the environment, one after the other, and registers their cleanup: mailbox,
 * storage, Redis, PostgreSQL.
 *
 * @throws Error of the server that does not start
 */
export async function startParts(options: { dataDir: string; mailboxPort?: number }): Promise<PartAddresses> {
  const given = process.env;
  const log = (line: string) => console.log(`  ${line}`);
  const source = (part: { version: string; port: number; source: string }) =>
    `${part.version} on port ${part.port} (${part.source})`;

  let databaseUrl = given.DATABASE_URL;
  if (!databaseUrl) {
    const dataDir = join(options.dataDir, 'postgres');
    const postgres = await step('PostgreSQL', () => startPostgres({ dataDir, log }), source);
    atEnd(() => postgres.stop());
    databaseUrl = postgres.url;
  }
  let redisUrl = given.REDIS_URL;
  if (!redisUrl) {
    const redis = await step(
      'Redis',
      () => startRedis({ dataDir: join(options.dataDir, 'redis'), log }),
      source,
    );
    atEnd(() => redis.stop());
    redisUrl = redis.url;
  }
  let storage = givenStorage(given);
  if (!storage) {
    const dataDir = join(options.dataDir, 'storage');
    const started = await step(
      'Storage',
      () => startStorage({ dataDir }),
      ({ port }) => `on port ${port}`,
    );
    atEnd(() => started.stop());
    storage = started.settings;
  }
  let smtpUrl = given.SMTP_URL;
  if (!smtpUrl) {
    const dataDir = join(options.dataDir, 'mail');
    const start = () => startMailbox({ dataDir, httpPort: options.mailboxPort });
    const mailbox = await step('Mailbox', start, ({ url }) => `at ${url}`);
    atEnd(() => mailbox.stop());
    smtpUrl = mailbox.smtpUrl;
  }
  return { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, SMTP_URL: smtpUrl, ...storage };
}

/** The storage from the environment; missing settings have the defaults of the apps. */
function givenStorage(env: NodeJS.ProcessEnv | Record<string, string>): StorageAddress | undefined {
  if (!env.S3_ENDPOINT) return undefined;
  const {
    S3_ENDPOINT,
    S3_REGION = '',
    S3_BUCKET = '',
    S3_ACCESS_KEY_ID = '',
    S3_SECRET_ACCESS_KEY = '',
  } = env;
  return { S3_ENDPOINT, S3_REGION, S3_BUCKET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY };
}

/** Servers with temporary data. */
export async function startThrowAwayParts(): Promise<PartAddresses & { ROOKERY_DATA_DIR: string }> {
  const dataDir = temporaryFolder();
  atEnd(() => rmSync(dataDir, { recursive: true, force: true }));
  return { ...(await startParts({ dataDir })), ROOKERY_DATA_DIR: dataDir };
}

/**
 * The servers of a running `npm start`; the environment wins.
 *
 * @returns undefined if nothing runs and the environment does not name all of them
 */
export function runningParts(settings: Settings): PartAddresses | undefined {
  const run = liveRun(settings.dataDir)?.env ?? {};
  const find = (name: keyof PartAddresses) => process.env[name] || run[name];
  const [DATABASE_URL, REDIS_URL, SMTP_URL] = [find('DATABASE_URL'), find('REDIS_URL'), find('SMTP_URL')];
  if (!DATABASE_URL || !REDIS_URL || !SMTP_URL) return undefined;
  // Without a storage, uploads are rejected, and everything else works.
  return { DATABASE_URL, REDIS_URL, SMTP_URL, ...(givenStorage(process.env) ?? givenStorage(run)) };
}

/** The complete environment for one command: with running servers, or with embedded ones for its duration. */
export async function commandEnvironment(settings: Settings): Promise<Record<string, string>> {
  const env = appEnvironment(settings);
  const running = runningParts(settings);
  if (running) return { ...env, ...running };
  await takeDataDir(settings.dataDir, env);
  return { ...env, ...(await startParts({ dataDir: settings.dataDir })) };
}
