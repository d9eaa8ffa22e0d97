import { AuditTrail } from '@rookery/audit';
import { RowStreams } from '@rookery/persistence';
import { RedisConnections } from '@rookery/redis';
import { Redis } from 'ioredis';
import { Client, type Pool } from 'pg';
import { DataSource } from 'typeorm';
import type { OwnSystem } from './own-system';

/** The statements and commands of the api. */
export interface Asked {
  /**
   * First words of the statements of each round trip to PostgreSQL. Statements of one turn of the event loop are sent
   * together.
   */
  postgres: string[][];
  /** Redis commands, in order. */
  redis: string[];
}

/**
 * Records the statements and commands that the api sends to PostgreSQL and Redis during an operation. Ignores those of
 * the worker, and connections that are opened in between.
 */
export async function askedDuring(system: OwnSystem, work: () => Promise<unknown>): Promise<Asked> {
  // The audit log records the first rejections of a minute and counts the others, so each measurement starts a new
  // minute.
  await system.inApi(AuditTrail).recordTally();
  const pool = (system.inApi(DataSource).driver as unknown as { master: Pool }).master;
  const { shared, cache } = system.inApi(RedisConnections);
  const clients = new Set<unknown>();
  const acquired = (client: unknown) => clients.add(client);
  const pools = [pool, system.inApi(RowStreams).pool];
  for (const each of pools) each.on('acquire', acquired);
  const asked: Asked = { postgres: [], redis: [] };
  let turn: string[] | undefined;
  // oxlint-disable-next-line typescript/unbound-method -- each client calls it on itself
  const { query } = Client.prototype;
  const querying = jest.spyOn(Client.prototype, 'query').mockImplementation(function (
    this: Client,
    ...args: unknown[]
  ) {
    const [statement] = args as [string | { text: string }];
    if (clients.has(this)) {
      if (!turn) {
        asked.postgres.push((turn = []));
        process.nextTick(() => (turn = undefined));
      }
      turn.push(/\w+/.exec(typeof statement === 'string' ? statement : statement.text)![0].toUpperCase());
    }
    return (query as (...all: unknown[]) => void).apply(this, args);
  });
  // oxlint-disable-next-line typescript/unbound-method -- each connection calls it on itself
  const { sendCommand } = Redis.prototype;
  const commanding = jest.spyOn(Redis.prototype, 'sendCommand').mockImplementation(function (
    this: Redis,
    ...args
  ) {
    if (this === shared || this === cache) asked.redis.push((args[0] as unknown as { name: string }).name);
    return sendCommand.apply(this, args);
  });
  try {
    await work();
    return asked;
  } finally {
    querying.mockRestore();
    commanding.mockRestore();
    for (const each of pools) each.off('acquire', acquired);
  }
}
