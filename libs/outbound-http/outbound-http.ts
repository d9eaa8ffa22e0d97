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

/** Timeouts in milliseconds: for the connection (DNS, TCP, TLS), for the status line and headers, and in total. */
const TIMEOUTS = { connect: 5_000, headers: 10_000 };
/** Milliseconds to receive the body, which is discarded, before the connection is closed. */
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
  /** Timeouts in milliseconds. Default: 5 s for the connection and 10 s for the headers. */
  timeouts?: { connect: number; headers: number };
}

/** The response. The body is discarded. */
export interface OutboundAnswer {
  status: number;
  headers: IncomingHttpHeaders;
}

/**
 * Requests to URLs that users choose: webhooks, web push. They reach only public addresses, over verified TLS, and use
 * limited time and memory, whatever the server does. Hosts in `WEBHOOK_ALLOWED_HOSTS` are exempt from the check of
 * addresses.
 */
@Injectable()
export class OutboundHttp implements OnApplicationShutdown {
  // Connections are not kept alive: each one uses addresses that were checked for it, and an idle connection that the
  // server closes would look like a failure. TLS sessions are resumed. These agents ignore proxy variables of the
  // environment.
  private readonly plain = new HttpAgent({ keepAlive: false });
  private readonly tls = new HttpsAgent({ keepAlive: false });

  constructor(
    private readonly settings: OutboundHttpSettings,
    private readonly addresses: HostAddresses,
  ) {}

  /**
   * Checks a URL without resolving its host name, for routes that accept a URL.
   *
   * @throws OutboundFailure `blocked` if requests to it are never allowed
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
        settled(); // also if there was neither, such as for a 101
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
   * The connection uses the returned addresses, so the name is not resolved again between check and use. A single
   * address that is not public blocks the request, because the owner of the name controls which one is tried first.
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

/** Receives and discards the body, unless it is long or slow. */
function discard(response: IncomingMessage): void {
  const end = (): void => void response.destroy();
  const timer = setTimeout(end, BODY_MS);
  let bytes = 0;
  response.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) end();
  });
  response.on('error', () => undefined); // the status is already known, and the body is not needed
  response.on('close', () => clearTimeout(timer));
}
