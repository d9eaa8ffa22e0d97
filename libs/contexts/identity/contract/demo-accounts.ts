import { pagesById } from '@rookery/persistence';
import type { Account, Accounts } from './accounts';

/** Prefix of the usernames of demo accounts. */
export const DEMO_PREFIX = 'demo-';

/** @returns the active demo accounts, for the seeds of other contexts, by username */
export async function demoAccounts(accounts: Accounts): Promise<Account[]> {
  const all: Account[] = [];
  const read = (after: string, limit: number) => accounts.page(after, limit);
  for await (const page of pagesById(1_000, read)) all.push(...page);
  const demo = all.filter(({ username, active }) => active && username.startsWith(DEMO_PREFIX));
  return demo.toSorted((a, b) => (a.username < b.username ? -1 : 1));
}
