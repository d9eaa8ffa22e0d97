import { Injectable } from '@nestjs/common';
import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

const count = z.coerce.number().int().min(1);

/** Limits of open connections. */
export class RealtimeSettings extends defineSettings('Realtime', {
  maxPerUser: setting('REALTIME_MAX_PER_USER', count, {
    default: '20',
    doc: 'Maximum open WebSockets and event streams per user in one api process. Further ones get 429.',
  }),
  maxPerAddress: setting('REALTIME_MAX_PER_ADDRESS', count, {
    default: '200',
    doc: 'Maximum open WebSockets and event streams per IPv4 address or IPv6 /64 network in one api process.',
  }),
  maxConnections: setting('REALTIME_MAX_CONNECTIONS', count, {
    default: '10000',
    doc: 'Maximum open WebSockets and event streams in one api process. Each needs about 20 kB of memory.',
  }),
}) {}

/** Times in milliseconds and sizes that apply to every connection. */
@Injectable()
export class RealtimeLimits {
  /**
   * Between two checks of every connection, and the maximum age of cached data about its caller. A revoked connection
   * ends within five seconds, even if the process is busy.
   */
  checkMs = 1_500;
  /** Between two pings of a WebSocket. */
  pingMs = 54_000;
  /** Without any message, after which a WebSocket is terminated. */
  pongMs = 60_000;
  /** Between two comments in an event stream, which keep proxies from closing it. */
  heartbeatMs = 25_000;
  /** For a client to read sent data, before it is disconnected. */
  writeMs = 10_000;
  /** Maximum unsent bytes for a client. Above this, no more frames are read for it. */
  maxBufferedBytes = 65_536;
  /** For clients to close the connection after the server has requested it. */
  closeMs = 2_000;
  /** Maximum messages and pings of a client per minute. A `resume` counts as ten, because it queries PostgreSQL. */
  maxInboundPerMinute = 120;
}
