import { DataSource } from 'typeorm';
import { Client, type Pool } from 'pg';
import type { TestSystem } from './system';

/**
 * Counts what the api asks PostgreSQL in the course of something; what the worker does meanwhile does not count.
 *
 * @returns the first word of each statement, in order
 */
export async function statementsOf(system: TestSystem, work: () => Promise<unknown>): Promise<string[]> {
  const pool = (system.inApi(DataSource).driver as unknown as { master: Pool & { _clients: Client[] } })
    .master;
  const asked: string[] = [];
  const spy = jest.spyOn(Client.prototype, 'query');
  try {
    await work();
    for (const [index, [query]] of (spy.mock.calls as unknown as [string | { text: string }][]).entries()) {
      if (!pool._clients.includes(spy.mock.contexts[index] as unknown as Client)) continue;
      const text = typeof query === 'string' ? query : query.text;
      asked.push(/^\s*(\w+)/.exec(text)![1]!.toUpperCase());
    }
  } finally {
    spy.mockRestore();
  }
  return asked;
}
