import { Injectable } from '@nestjs/common';
import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

const count = z.coerce.number().int().min(1);

/** How many connections may be open. */
export class RealtimeSettings extends defineSettings('Realtime', {
  maxPerUser: setting('REALTIME_MAX_PER_USER', count, {
    default: '20',
    doc: 'Open WebSockets and event streams of a user in one api process; more get 429.',
  }),
  maxPerAddress: setting('REALTIME_MAX_PER_ADDRESS', count, {
    default: '200',
    doc: 'Open WebSockets and event streams from an IP address, or a /64 of IPv6, in one api process.',
  }),
  maxConnections: setting('REALTIME_MAX_CONNECTIONS', count, {
    default: '10000',
    doc: 'Open WebSockets and event streams in one api process. Each takes about 20 kB.',
  }),
}) {}

/** Times in milliseconds and sizes that every connection keeps to. */
@Injectable()
export class RealtimeLimits {
  /**
   * Between two looks at every connection, and the maximum age of what is known of its caller: what is revoked ends
   * within five seconds, also where a process is busy.
   */
  checkMs = 1_500;
  /** Between two pings of a WebSocket. */
  pingMs = 54_000;
  /** Without a sign of life, after which a WebSocket is dropped. */
  pongMs = 60_000;
  /** Between two comments in an event stream, which keep proxies from closing it. */
  heartbeatMs = 25_000;
  /** For a client to read what was sent, before it is cut off. */
  writeMs = 10_000;
  /** Bytes on their way to a client; no more frames are read for it until they have left. */
  maxBufferedBytes = 65_536;
  /** For clients to close after they were told to. */
  closeMs = 2_000;
  /** Messages and pings of a client in a minute; a resumption counts as ten, as it asks PostgreSQL. */
  maxInboundPerMinute = 120;
}
