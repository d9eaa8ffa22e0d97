import { ConnectionPool, dataSourceOptions, DatabaseSettings, Sql, Transaction } from '@rookery/persistence';
import { DataSource } from 'typeorm';
import { AuditChain, readRoot } from './audit-chain';

/**
 * Verifies the audit chain of a database and reports what it found.
 *
 * @param settings of the database
 * @param kept a root that was stored elsewhere, `<count>:<hash>`
 * @param say receives the report, line by line
 * @returns whether the chain is intact
 * @throws Error if `kept` is not a root or the database does not answer
 */
export async function verifyAudit(
  settings: DatabaseSettings,
  kept: string | undefined,
  say: (line: string) => void,
): Promise<boolean> {
  const known = kept === undefined ? undefined : readRoot(kept);
  const dataSource = await new DataSource(
    dataSourceOptions(settings, [], 'rookery-audit-verify'),
  ).initialize();
  try {
    const transaction = new Transaction(dataSource);
    const sql = new Sql(new ConnectionPool(dataSource), transaction);
    const verdict = await new AuditChain(sql, transaction).verify(known);
    if (!verdict.intact) {
      const position = verdict.position === null ? '' : ` at position ${verdict.position}`;
      const entry = verdict.entryId === null ? '' : `, entry ${verdict.entryId}`;
      say(`The audit chain is broken${position}${entry}: ${verdict.reason}.`);
      return false;
    }
    const { count, hash } = verdict.root;
    say(
      `The audit chain is intact: ${count} entries are sealed, ${verdict.waiting} are waiting to be sealed. Root ${count}:${hash}`,
    );
    if (!known)
      say('Without a root from another place this does not prove that no entries were removed from the end.');
    return true;
  } finally {
    await dataSource.destroy();
  }
}
