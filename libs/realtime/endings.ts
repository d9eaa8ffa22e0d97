import { randomInt } from 'node:crypto';

/** Why the server ends a connection. */
export interface Ending {
  /** Close code of a WebSocket (RFC 6455 §7.4); 4000 and above are our own. */
  readonly code: number;
  /** Reason of the close frame, at most 123 bytes. */
  readonly reason: string;
  /** The `error` frame that is sent before it. None if the client would not read it, or did nothing wrong. */
  readonly error?: { readonly code: string; readonly detail: string };
  /** Milliseconds after which the client should reconnect; undefined if the client decides. */
  readonly retryMs?: number;
}

/** Minimum milliseconds over which reconnects of one process are spread, and milliseconds per open connection. */
const SPREAD_MIN_MS = 2_000;
const SPREAD_PER_CONNECTION_MS = 5;
const SPREAD_MAX_MS = 60_000;

/** Every ending by name; docs/guides/realtime.md explains them to clients. */
export const Endings = {
  notText: ending(1003, 'not a JSON text frame', 'realtime.unsupported-frame'),
  unknownFrame: ending(1008, 'neither ping nor resume', 'realtime.unknown-frame'),
  tooManyFrames: ending(1008, 'too many frames', 'realtime.too-many-frames'),
  expired: ending(4401, 'token expired', 'auth.unauthenticated'),
  revoked: ending(4401, 'access revoked', 'auth.unauthenticated'),
  failed: { code: 1011, reason: 'internal error' },
  tooSlow: { code: 1013, reason: 'too slow' },
  missed: { code: 1013, reason: 'frames are gone' },
} as const satisfies Record<string, Ending>;

/**
 * The process shuts down: clients reconnect to another one, spread over time.
 *
 * @param open number of connections that are closed
 */
export function restarting(open: number): Ending {
  const spreadMs = Math.min(Math.max(SPREAD_MIN_MS, open * SPREAD_PER_CONNECTION_MS), SPREAD_MAX_MS);
  const retryMs = 100 + randomInt(spreadMs);
  return { code: 1012, reason: `restart; retry-after-ms=${retryMs}`, retryMs };
}

function ending(code: number, reason: string, problem: string): Ending {
  return { code, reason, error: { code: problem, detail: reason } };
}
