import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { isIPv6, type LookupFunction } from 'node:net';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { HostAddresses } from './host-addresses';
import { failureOf, OutboundFailure } from './outbound-failure';
import { isPublicAddress } from './public-address';
import { OutboundHttpSettings } from './settings';
import { type Target, targetOf } from './target';

/** Milliseconds: until the connection stands (DNS, TCP, TLS), until the status line and headers are here, in all. */
const TIMEOUTS = { connect: 5_000, headers: 10_000 };
/** Milliseconds for the body, which nobody reads, before the connection is closed. */
const BODY_MS = 1_000;
const MAX_BODY_BYTES = 64 * 1_024;
const MAX_HEADER_BYTES = 16 * 1_024;

/** A request to a URL that a user chose. */
export interface OutboundRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string | Buffer;
  /** Ends the request early. */
  signal?: AbortSignal;
  /** Milliseconds, if not 5 s for the connection and 10 s for the headers. */
  timeouts?: { connect: number; headers: number };
}

/** What it was answered with. The body is discarded. */
export interface OutboundAnswer {
  status: number;
  headers: IncomingHttpHeaders;
}

/**
 * Requests to URLs that users choose: webhooks, web push. They reach nothing but public addresses, over verified TLS,
 * and cost a bounded time and memory, whatever the other side does. Hosts in `WEBHOOK_ALLOWED_HOSTS` are exempt from the
 * check of addresses.
 */
@Injectable()
export class OutboundHttp implements OnApplicationShutdown {
  // No connection is kept: each is made to addresses that were checked for it, and an idle one that the other side
  // closes would look like a failure. TLS sessions are resumed. Agents of our own ignore proxies of the environment.
  private readonly plain = new HttpAgent({ keepAlive: false });
  private readonly tls = new HttpsAgent({ keepAlive: false });

  constructor(
    private readonly settings: OutboundHttpSettings,
    private readonly addresses: HostAddresses,
  ) {}

  /**
   * Checks a URL as far as that is possible without resolving its host name, for routes that take one.
   *
   * @throws OutboundFailure `blocked` if it would never be requested
   */
  verify(url: string): void {
    targetOf(url, this.settings.allowedHosts);
  }

  /**
   * Sends a POST. Redirects are not followed: a 3xx is a response like any other.
   *
   * @returns status and headers, also of responses that report an error
   * @throws OutboundFailure if there is no response
   */
  post(outbound: OutboundRequest): Promise<OutboundAnswer> {
    const { connect, headers } = outbound.timeouts ?? TIMEOUTS;
    return new Promise<OutboundAnswer>((resolve, reject) => {
      const request = this.begin(targetOf(outbound.url, this.settings.allowedHosts), outbound);
      const give = (failure: OutboundFailure) => (): void => void request.destroy(failure);
      const late = (what: string) => give(new OutboundFailure('timeout', `${what} took too long`));
      const connecting = setTimeout(late('the connection'), connect);
      const waiting = setTimeout(late('the response'), headers);
      const aborted = late('the attempt');
      outbound.signal?.addEventListener('abort', aborted, { once: true });
      const settled = (): void => {
        clearTimeout(connecting);
        clearTimeout(waiting);
        outbound.signal?.removeEventListener('abort', aborted);
      };
      request.on('socket', (socket) => {
        const secure = 'encrypted' in socket;
        socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(connecting));
      });
      request.on('response', (response) => {
        settled();
        discard(response);
        resolve({ status: response.statusCode!, headers: response.headers });
      });
      request.on('error', (error) => {
        settled();
        reject(failureOf(error));
      });
      request.on('close', () => {
        settled(); // also where there was neither, such as for a 101
        reject(new OutboundFailure('connection', 'the connection was closed without a response'));
      });
      if (outbound.signal?.aborted) aborted();
      request.end(outbound.body);
    });
  }

  onApplicationShutdown(): void {
    this.plain.destroy();
    this.tls.destroy();
  }

  private begin(target: Target, { headers, body }: OutboundRequest): ClientRequest {
    const options = {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' },
      lookup: this.lookupFor(target),
      maxHeaderSize: MAX_HEADER_BYTES,
    };
    return target.url.protocol === 'https:'
      ? requestHttps(target.url, { ...options, agent: this.tls, rejectUnauthorized: true })
      : requestHttp(target.url, { ...options, agent: this.plain });
  }

  /**
   * The connection is made to what this returns, so there is no second answer of a name server between check and use.
   * One address that is not public is enough to refuse all: who controls the name controls which is tried first.
   */
  private lookupFor({ allowed, host }: Target): LookupFunction {
    const find = async () => {
      const found = allowed ? await this.addresses.ofAllowed(host) : await this.addresses.of(host);
      if (!allowed && !found.every(isPublicAddress))
        throw new OutboundFailure('blocked', 'the URL is blocked: its host is not public');
      return found.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
    };
    return (_, { all }, callback) => {
      find().then(
        (found) => (all ? callback(null, found) : callback(null, found[0]!.address, found[0]!.family)),
        (error: Error) => callback(error, ''),
      );
    };
  }
}

/** Lets the other side finish what nobody reads, unless it is long or slow. */
function discard(response: IncomingMessage): void {
  const end = (): void => void response.destroy();
  const timer = setTimeout(end, BODY_MS);
  let bytes = 0;
  response.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) end();
  });
  response.on('error', () => undefined); // the status is known, which is all that counts
  response.on('close', () => clearTimeout(timer));
}
