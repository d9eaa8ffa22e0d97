import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '@rookery/domain';
import { counter, HealthChecks, histogram } from '@rookery/observability';
import { CircuitBreaker } from '@rookery/redis';
import { MediaSettings } from '../settings';
import { Presigner } from './signature';

/**
 * Timeout in milliseconds of a request with few bytes. Two of them fit into the time that an API request can wait for a
 * dependency.
 */
const TIMEOUT_MS = 2_000;
/** Timeout in milliseconds of a request that transfers a whole object. */
const TRANSFER_TIMEOUT_MS = 20_000;
/** Milliseconds for which the storage counts as available after a response. */
const AVAILABLE_MS = 2_000;
/** Seconds for which signatures of requests by this server are valid; clocks can differ slightly. */
const OWN_REQUEST_SECONDS = 300;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_CONNECTIONS = 32;

const requests = counter({
  name: 'rookery_storage_requests_total',
  help: 'Requests to the object storage, by outcome: done, missing, refused, failed, skipped (not sent, because it had just failed).',
  labels: ['operation', 'outcome'],
});
const seconds = histogram({
  name: 'rookery_storage_request_duration_seconds',
  help: 'Response time of the object storage in seconds.',
  labels: ['operation'],
});

/** The storage does not respond, or returns an unexpected response. The requested operation may have been performed. */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable';
  /** For `/healthz`. */
  readonly code = 'STORAGE_UNAVAILABLE';
}

/** The storage responds, but refuses this request, for example to remove a locked object. */
export class StorageRefused extends StorageUnavailable {}

/** The storage closed an idle connection while it was being reused. */
class StaleConnection extends Error {}

/** Response headers of an object. */
export interface ServedAs {
  contentType: string;
  /** File name for downloads; undefined if browsers may show the object. */
  fileName?: string;
}

/** An object of the bucket. */
export interface Listed {
  key: string;
  modifiedAt: Date;
}

interface Request {
  operation: string;
  method: 'GET' | 'PUT' | 'DELETE' | 'HEAD';
  key?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Buffer;
  /** Longer responses fail, unless `truncate` is set: then only this many bytes are read. */
  maxBytes?: number;
  truncate?: boolean;
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
}

interface Response {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** The private bucket of all media, in any S3-compatible storage. Do not call these methods inside of a transaction. */
@Injectable()
export class Bucket implements OnApplicationShutdown {
  private readonly presigner: Presigner;
  private readonly breaker = new CircuitBreaker('Object storage');
  private readonly agent: HttpAgent;
  private availableUntil = 0;
  private probe: Promise<Response> | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly settings: MediaSettings,
    health: HealthChecks,
  ) {
    const options = { keepAlive: true, maxSockets: MAX_CONNECTIONS, timeout: TRANSFER_TIMEOUT_MS };
    this.agent = settings.endpoint.startsWith('https:') ? new HttpsAgent(options) : new HttpAgent(options);
    this.presigner = new Presigner(settings);
    health.addDependency('storage', () => this.check(), { critical: false, ready: 'never' });
  }

  /**
   * Checks that the storage responds, unless it has responded within the last two seconds.
   *
   * @throws StorageUnavailable
   */
  async assertAvailable(): Promise<void> {
    if (performance.now() < this.availableUntil) return;
    this.probe ??= this.send({ operation: 'probe', method: 'HEAD' }).finally(() => (this.probe = undefined));
    await this.probe;
  }

  /**
   * @param size in bytes; the storage rejects a different size or type
   * @param expiresIn seconds from now on
   * @returns URL to which a client sends an object
   */
  uploadUrl(key: string, contentType: string, size: number, expiresIn: number): string {
    return this.presigner.url({
      method: 'PUT',
      url: this.urlOf(key, this.settings.publicEndpoint || this.settings.endpoint),
      headers: { 'content-type': contentType, 'content-length': String(size) },
      at: this.clock.now(),
      expiresIn,
    });
  }

  /**
   * A link changes once every `MEDIA_LINK_SECONDS` and remains valid for that time after a change, so that cached
   * responses with the link still work.
   *
   * @returns URL that lets everybody who knows it read an object
   */
  downloadUrl(key: string): string {
    const { baseUrl, endpoint, linkSeconds, publicEndpoint } = this.settings;
    if (baseUrl !== '') return `${baseUrl.replace(/\/$/, '')}/${key}`;
    const windowMs = linkSeconds * 1_000;
    const at = new Date(Math.floor(this.clock.now().getTime() / windowMs) * windowMs);
    const url = this.urlOf(key, publicEndpoint || endpoint);
    return this.presigner.url({ method: 'GET', url, at, expiresIn: 2 * linkSeconds });
  }

  /** Whether a storage is configured. */
  get configured(): boolean {
    return this.settings.endpoint !== '';
  }

  /**
   * Copies an object within the storage.
   *
   * @returns whether there was one
   * @throws StorageUnavailable
   */
  async copy(from: string, to: string, served: ServedAs): Promise<boolean> {
    const { status } = await this.send({
      operation: 'copy',
      method: 'PUT',
      key: to,
      headers: {
        ...this.servedHeaders(served),
        'x-amz-copy-source': `/${this.settings.bucket}/${from}`,
        'x-amz-metadata-directive': 'REPLACE',
      },
    });
    return status !== 404;
  }

  /**
   * @param bytes maximum to read
   * @returns its size in bytes and its first bytes; undefined if it does not exist
   * @throws StorageUnavailable
   */
  async head(key: string, bytes: number): Promise<{ size: number; head: Buffer } | undefined> {
    const { status, headers, body } = await this.send({
      operation: 'head',
      method: 'GET',
      key,
      headers: { range: `bytes=0-${bytes - 1}` },
      maxBytes: bytes,
      truncate: true,
    });
    // An empty object has no first byte (RFC 9110 §15.5.17).
    if (status === 404 || status === 416) return undefined;
    const whole =
      status === 206 ? /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] : headers['content-length'];
    return { size: Number(whole), head: body };
  }

  /**
   * @param maxBytes a larger object is an error
   * @returns the object; undefined if it does not exist
   * @throws StorageUnavailable
   */
  async read(key: string, maxBytes: number, signal?: AbortSignal): Promise<Buffer | undefined> {
    const { status, body } = await this.send({
      operation: 'read',
      method: 'GET',
      key,
      maxBytes,
      timeoutMs: TRANSFER_TIMEOUT_MS,
      signal,
    });
    return status === 404 ? undefined : body;
  }

  /** @throws StorageUnavailable */
  async write(key: string, body: Buffer, served: ServedAs, signal?: AbortSignal): Promise<void> {
    const headers = { ...this.servedHeaders(served), 'content-length': String(body.length) };
    await this.send({
      operation: 'write',
      method: 'PUT',
      key,
      headers,
      body,
      timeoutMs: TRANSFER_TIMEOUT_MS,
      signal,
    });
  }

  /**
   * Removes objects. Ignores missing ones.
   *
   * @throws StorageUnavailable
   */
  async remove(...keys: string[]): Promise<void> {
    await Promise.all(keys.map((key) => this.send({ operation: 'remove', method: 'DELETE', key })));
  }

  /**
   * A page of the objects whose keys begin with `prefix`, in the order of their keys.
   *
   * @param after last key of the previous page; empty for the first page
   * @throws StorageUnavailable
   */
  async list(prefix: string, after: string, limit: number): Promise<{ objects: Listed[]; more: boolean }> {
    // Version 1 of ListObjects: version 2 fails on the embedded server if there is more than one page.
    const { body } = await this.send({
      operation: 'list',
      method: 'GET',
      query: { 'max-keys': String(limit), prefix, ...(after !== '' && { marker: after }) },
      timeoutMs: TRANSFER_TIMEOUT_MS,
    });
    const text = body.toString('utf8');
    // Keys that XML must escape were not stored by this application, and callers ignore them.
    const objects = [...text.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, entry]) => ({
      key: /<Key>(.*?)<\/Key>/.exec(entry!)![1]!,
      modifiedAt: new Date(/<LastModified>(.*?)<\/LastModified>/.exec(entry!)![1]!),
    }));
    return { objects, more: text.includes('<IsTruncated>true</IsTruncated>') && objects.length > 0 };
  }

  onApplicationShutdown(): void {
    this.agent.destroy();
  }

  private async check(): Promise<void | { degraded: string }> {
    if (!this.configured) return { degraded: 'no storage is configured: uploads are refused' };
    await this.assertAvailable();
  }

  private servedHeaders({ contentType, fileName }: ServedAs): Record<string, string> {
    const scope = this.settings.baseUrl === '' ? 'private' : 'public';
    return {
      'cache-control': `${scope}, max-age=86400, immutable`,
      'content-disposition': fileName === undefined ? 'inline' : dispositionOf(fileName),
      'content-type': contentType.startsWith('text/') ? `${contentType}; charset=utf-8` : contentType,
    };
  }

  /**
   * @returns a response: 2xx, 404 or 416. All others are failures
   * @throws StorageUnavailable, StorageRefused
   */
  private async send(asked: Request): Promise<Response> {
    if (!this.configured) throw new StorageUnavailable('No storage is configured.');
    let failure: Error | undefined;
    const answer = await this.breaker.run(async () => {
      const end = seconds.startTimer({ operation: asked.operation });
      try {
        const response = await this.exchange(asked).catch((error: unknown) => {
          if (!(error instanceof StaleConnection)) throw error;
          return this.exchange(asked);
        });
        // A refusal is about one request: it does not keep others from being sent.
        if (!isExpected(response) && !isRefusal(response)) throw new Error(unexpected(asked, response));
        return response;
      } catch (error) {
        failure = error as Error;
        throw error;
      } finally {
        end();
      }
    });
    requests.inc({ operation: asked.operation, outcome: outcomeOf(answer, failure) });
    if (!answer) {
      this.availableUntil = 0;
      const why = failure?.message ?? 'it did not a moment ago';
      throw new StorageUnavailable(`The object storage does not answer: ${why}`, { cause: failure });
    }
    if (isRefusal(answer))
      throw new StorageRefused(`The object storage refuses: ${unexpected(asked, answer)}`);
    this.availableUntil = performance.now() + AVAILABLE_MS;
    return answer;
  }

  private exchange({
    method,
    key = '',
    query,
    headers = {},
    body,
    maxBytes = MAX_ANSWER_BYTES,
    truncate = false,
    timeoutMs = TIMEOUT_MS,
    signal,
  }: Request): Promise<Response> {
    const url = this.presigner.url({
      method,
      url: this.urlOf(key, this.settings.endpoint),
      ...(query && { query }),
      headers,
      at: this.clock.now(),
      expiresIn: OWN_REQUEST_SECONDS,
    });
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    // The timeout covers the whole exchange: a storage that sends one byte per second would never be idle.
    const limit = AbortSignal.timeout(timeoutMs);
    const ended = signal ? AbortSignal.any([limit, signal]) : limit;
    return new Promise((resolve, reject) => {
      const sent = send(url, { method, headers, agent: this.agent, signal: ended }, (response) => {
        const parts: Buffer[] = [];
        let length = 0;
        const done = () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) });
        response.on('data', (part: Buffer) => {
          parts.push(part.subarray(0, maxBytes - length));
          length += part.length;
          if (length <= maxBytes) return;
          if (truncate) done();
          else reject(new Error(`The response is longer than ${maxBytes} bytes`));
          response.destroy();
        });
        response.on('error', reject);
        response.on('end', done);
      });
      sent.on('error', (error: NodeJS.ErrnoException) => {
        reject(sent.reusedSocket && error.code === 'ECONNRESET' ? new StaleConnection() : error);
      });
      sent.end(body);
    });
  }

  private urlOf(key: string, endpoint: string): URL {
    const path = key === '' ? this.settings.bucket : `${this.settings.bucket}/${key}`;
    return new URL(path, endpoint.endsWith('/') ? endpoint : `${endpoint}/`);
  }
}

function outcomeOf(answer: Response | undefined, failure: Error | undefined): string {
  if (!answer) return failure ? 'failed' : 'skipped';
  if (isRefusal(answer)) return 'refused';
  return answer.status < 400 ? 'done' : 'missing';
}

function unexpected({ operation }: Request, { status }: Response): string {
  return `${operation} is answered with ${status}`;
}

function isRefusal({ status }: Response): boolean {
  return status === 400 || status === 403 || status === 409;
}

function isExpected({ status, body }: Response): boolean {
  // HEAD, the check of the bucket itself, gets a 404 without a body.
  if (status === 404) return body.length > 0 && !body.includes('NoSuchBucket');
  // S3 starts to respond to a copy before it is finished, so a copy can fail after a 200.
  if (status === 200) return !body.subarray(0, 200).includes('<Error>');
  return status < 300 || status === 416;
}

/** The name for downloads. The first form is for clients that do not support the second (RFC 6266). */
function dispositionOf(fileName: string): string {
  const plain = fileName.replaceAll(/[^\w. ()-]/g, '_');
  const encoded = encodeURIComponent(fileName).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
