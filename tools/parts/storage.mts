import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import S3rver from '@20minutes/s3rver';
import Account from '@20minutes/s3rver/lib/models/account.js';
import { isPortFree } from './ports.mts';
import type { StorageAddress } from './storage-address.mts';

const BUCKET = 'rookery';
const DEFAULT_KEY_OF_PACKAGE = 'S3RVER';

// Browsers can use a presigned URL from every origin: the signature decides, not the origin.
const CORS = `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin>
  <AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod><AllowedMethod>HEAD</AllowedMethod>
  <AllowedHeader>*</AllowedHeader><MaxAgeSeconds>3600</MaxAgeSeconds></CORSRule></CORSConfiguration>`;

export interface StorageOptions {
  /** folder of this server; created if missing */
  dataDir: string;
  /** default: the last one used if it is free, else any free one */
  port?: number;
}

export interface RunningStorage {
  settings: StorageAddress;
  port: number;
  stop(): Promise<void>;
}

/**
 * Starts an S3-compatible server on 127.0.0.1 with one private bucket and a secret that only its data folder knows.
 *
 * @throws Error if the port is taken
 */
export async function startStorage(options: StorageOptions): Promise<RunningStorage> {
  const folder = resolve(options.dataDir);
  const directory = join(folder, 'objects');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const accessKeyId = readOrMake(join(folder, 'access-key'), () => randomBytes(10).toString('hex'));
  const secret = readOrMake(join(folder, 'secret'), () => randomBytes(24).toString('base64url'));
  Account.DUMMY_ACCOUNT.revokeAccessKey(DEFAULT_KEY_OF_PACKAGE);
  Account.DUMMY_ACCOUNT.createKeyPair(accessKeyId, secret);
  const s3rver = new S3rver({
    directory,
    silent: true,
    vhostBuckets: false,
    configureBuckets: [{ name: BUCKET, configs: [CORS] }],
  });
  s3rver.on('error', () => undefined); // the client gets the error
  s3rver.store.deleteObject = async (bucket, key) => {
    // The original also removes a folder that was empty a moment before, with everything that was written to it in the
    // meantime.
    const files = ['object', 'object.md5', 'metadata.json'].map((part) =>
      s3rver.store.getResourcePath(bucket, key, part),
    );
    await Promise.all(files.map((file) => rm(file, { force: true })));
  };
  await s3rver.configureBuckets();
  const server = createServer(guarded(s3rver.callback()));
  // Longer than clients keep idle connections.
  server.keepAliveTimeout = 60_000;
  const port = await listen(options.port ?? (await lastPort(folder)));
  writeFileSync(join(folder, 'port'), `${port}\n`);
  return {
    port,
    settings: {
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      S3_REGION: 'us-east-1',
      S3_BUCKET: BUCKET,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secret,
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };

  function listen(wanted: number): Promise<number> {
    return new Promise((done, failed) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        failed(error.code === 'EADDRINUSE' ? new Error(`Port ${wanted} for the storage is taken.`) : error),
      );
      server.listen(wanted, '127.0.0.1', () => done((server.address() as AddressInfo).port));
    });
  }
}

/**
 * S3 rejects two kinds of requests that s3rver accepts: requests without a signature, because the bucket is private,
 * and requests with unsigned headers that change the meaning of a presigned request (`x-amz-copy-source`).
 */
function guarded(next: RequestListener): RequestListener {
  return (request, response) => {
    const problem = request.method === 'OPTIONS' ? undefined : refusalOf(request);
    if (problem === undefined) {
      next(request, response);
      return;
    }
    request.resume();
    response
      .writeHead(403, { 'Content-Type': 'application/xml', Connection: 'close' })
      .end(
        `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>${problem}</Message></Error>`,
      );
  };
}

function refusalOf({ url = '/', headers }: IncomingMessage): string | undefined {
  if (headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) return undefined;
  const query = new URL(url, 'http://127.0.0.1').searchParams;
  if (!query.has('X-Amz-Signature')) return 'Access Denied';
  const signed = new Set(query.get('X-Amz-SignedHeaders')?.split(';'));
  const allSigned = Object.keys(headers).every((name) => !name.startsWith('x-amz-') || signed.has(name));
  return signed.has('host') && allSigned
    ? undefined
    : 'There were headers present in the request which were not signed';
}

async function lastPort(folder: string): Promise<number> {
  const last = existsSync(join(folder, 'port')) ? Number(readFileSync(join(folder, 'port'), 'utf8')) : 0;
  return last > 0 && (await isPortFree(last)) ? last : 0;
}

function readOrMake(file: string, make: () => string): string {
  if (!existsSync(file)) writeFileSync(file, `${make()}\n`, { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}
