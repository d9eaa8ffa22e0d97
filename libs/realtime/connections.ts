import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Loop } from '@rookery/messaging';
import { counter, gauge } from '@rookery/observability';
import { authenticateBearer, clientNetwork, Problems, RequestRefused } from '@rookery/web';
import { type Ending, Endings, restarting } from './endings';
import { RealtimeLimits, RealtimeSettings } from './settings';

/** Kinds of connections that stay open. */
export type ConnectionKind = 'websocket' | 'sse';

/** Who opens a connection. */
export interface Opener {
  readonly kind: ConnectionKind;
  readonly userId: string;
  /** IP address. */
  readonly ip: string;
  /** The bearer token, which is checked again while the connection is open. */
  readonly token: string;
}

/** A connection that stays open. */
export interface Connection {
  readonly opener: Opener;
  /**
   * Handles what is due: pings, deadlines.
   *
   * @param now milliseconds of `performance.now()`
   */
  tick(now: number): void;
  /** Ends it; a second call does nothing. */
  end(ending: Ending): void;
  /** Ends it without waiting for the client. */
  destroy(): void;
}

export const framesSentTotal = counter({
  name: 'rookery_realtime_frames_sent_total',
  help: 'Frames written to connections, by kind: websocket, sse.',
  labels: ['kind'],
});

export const cutOffTotal = counter({
  name: 'rookery_realtime_cut_off_total',
  help: 'Connections that were terminated, by kind: websocket, sse (the client did not read), handshake (rejected, and the client did not close it).',
  labels: ['kind'],
});

const refusedTotal = counter({
  name: 'rookery_realtime_refused_total',
  help: 'Connections that were rejected because of a limit, by limit: user, address, server.',
  labels: ['limit'],
});

/** Connections that are checked in one turn of the event loop. */
const CHECK_BATCH = 100;
const RETRY_AFTER_SECONDS = 30;

/** The sources of the gauge: all apis of the process. */
const measured = new Set<Connections>();

gauge({
  name: 'rookery_realtime_connections',
  help: 'Open connections, by kind: websocket, sse.',
  labels: ['kind'],
  collect(self) {
    for (const kind of ['websocket', 'sse'] as const)
      self.set(
        { kind },
        [...measured].reduce((sum, connections) => sum + connections.count(kind), 0),
      );
  },
});

/** The open connections of this process: enforces their limits, and closes those whose tokens are no longer valid. */
@Injectable()
export class Connections implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger(Connections.name);
  private readonly open = new Set<Connection>();
  private readonly places = { user: new Map<string, number>(), address: new Map<string, number>() };
  private readonly loop: Loop;
  private taken = 0;

  constructor(
    private readonly limits: RealtimeLimits,
    private readonly settings: RealtimeSettings,
  ) {
    this.loop = new Loop('connections', limits.checkMs, () => this.check());
  }

  onApplicationBootstrap(): void {
    measured.add(this);
    this.loop.start();
  }

  /** Tells clients when to reconnect, and gives them a moment to close. */
  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
    const total = this.open.size;
    for (const connection of this.open) connection.end(restarting(total));
    for (const until = performance.now() + this.limits.closeMs; performance.now() < until; await pause(20))
      if (this.open.size === 0) break;
    for (const connection of this.open) connection.destroy();
    measured.delete(this);
  }

  /** @returns the number of open connections of a kind. */
  count(kind: ConnectionKind): number {
    let count = 0;
    for (const { opener } of this.open) if (opener.kind === kind) count += 1;
    return count;
  }

  /**
   * Reserves a place for a connection synchronously, so that parallel handshakes cannot exceed the limit.
   *
   * @returns a function that releases the place
   * @throws RequestRefused 429 `realtime.too-many-connections`
   */
  reserve({ userId, ip }: Pick<Opener, 'userId' | 'ip'>): () => void {
    const { user, address } = this.places;
    const network = clientNetwork(ip);
    const full =
      (user.get(userId) ?? 0) >= this.settings.maxPerUser
        ? 'user'
        : (address.get(network) ?? 0) >= this.settings.maxPerAddress
          ? 'address'
          : this.taken >= this.settings.maxConnections
            ? 'server'
            : undefined;
    if (full) {
      refusedTotal.inc({ limit: full });
      throw new RequestRefused(Problems.tooManyConnections, { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    this.taken += 1;
    add(user, userId, 1);
    add(address, network, 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.taken -= 1;
      add(user, userId, -1);
      add(address, network, -1);
    };
  }

  /** Adds an open connection. During shutdown it is closed immediately. */
  add(connection: Connection): void {
    this.open.add(connection);
    if (this.loop.stopping) connection.end(restarting(this.open.size));
  }

  /** Removes a closed connection. */
  remove(connection: Connection): void {
    this.open.delete(connection);
  }

  /** Checks every connection in small steps, so that requests are served in between. */
  private async check(): Promise<void> {
    const all = [...this.open];
    for (let start = 0; start < all.length && !this.loop.stopping; start += CHECK_BATCH) {
      const some = all.slice(start, start + CHECK_BATCH);
      const now = performance.now();
      for (const connection of some) connection.tick(now);
      // All in one turn, so that everything that is not cached is read with one statement.
      await Promise.all(some.map((connection) => this.checkAccess(connection)));
      await nextTurn();
    }
  }

  /**
   * A connection that cannot be checked because PostgreSQL is down remains open: no data can be read for it either.
   */
  private async checkAccess(connection: Connection): Promise<void> {
    const { token, userId } = connection.opener;
    try {
      const caller = await authenticateBearer(token, this.limits.checkMs);
      if (caller?.userId === userId && (caller.scopes?.has('read') ?? true)) return;
      connection.end(isExpired(token) ? Endings.expired : Endings.revoked);
    } catch (error) {
      this.log.debug(`A connection could not be checked: ${(error as Error).message}`);
    }
  }
}

function add(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

/** @param token that was valid earlier, so its claims can be trusted */
function isExpired(token: string): boolean {
  const [, claims] = token.split('.');
  if (claims === undefined) return false;
  try {
    const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { exp?: number };
    return exp !== undefined && exp * 1_000 <= Date.now();
  } catch {
    return false;
  }
}
