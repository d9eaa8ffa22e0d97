import { Client, type Pool } from 'pg';
import { DataSource } from 'typeorm';
import type { OwnSystem } from './own-system';

/**
 * Records the api's statements to PostgreSQL while a function runs; those of the worker are not recorded.
 *
 * @returns the first word of each statement, in order
 */
export async function statementsOf(system: OwnSystem, work: () => Promise<unknown>): Promise<string[]> {
  const pool = (system.inApi(DataSource).driver as unknown as { master: Pool }).master;
  const clients = new Set<unknown>();
  const acquired = (client: unknown) => clients.add(client);
  pool.on('acquire', acquired);
  const spy = jest.spyOn(Client.prototype, 'query');
  try {
    await work();
    const calls = spy.mock.calls as unknown as [string | { text: string }][];
    return calls.flatMap(([query], index) => {
      const text = typeof query === 'string' ? query : query.text;
      return clients.has(spy.mock.contexts[index]) ? [/\w+/.exec(text)![0].toUpperCase()] : [];
    });
  } finally {
    spy.mockRestore();
    pool.off('acquire', acquired);
  }
}
