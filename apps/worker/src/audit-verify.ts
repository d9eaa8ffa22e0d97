import { AuditChain, readRoot } from '@rookery/audit';
import { createDataSource, DatabaseSettings, Sql, Transaction } from '@rookery/persistence';

/**
 * Verifies the audit chain: `npm run audit:verify`, or with a root that was kept elsewhere
 * `npm run audit:verify -- <count>:<hash>`. Exits with 1 and names the first thing that is wrong.
 */
async function verify(kept: string | undefined): Promise<void> {
  const known = kept === undefined ? undefined : readRoot(kept);
  const dataSource = await createDataSource(new DatabaseSettings(), [], 'rookery-audit-verify').initialize();
  try {
    const transaction = new Transaction(dataSource);
    const verdict = await new AuditChain(new Sql(dataSource, transaction), transaction).verify(known);
    if (verdict.intact) {
      const { count, hash } = verdict.root;
      console.log(
        `The audit chain is intact: ${count} entries sealed, ${verdict.waiting} waiting. Root ${count}:${hash}`,
      );
      if (!known)
        console.log(
          'Without a root that was kept elsewhere this does not show that the end was not cut off.',
        );
      return;
    }
    const where = [
      verdict.position === null ? '' : ` at position ${verdict.position}`,
      verdict.entryId === null ? '' : `, entry ${verdict.entryId}`,
    ].join('');
    console.error(`The audit chain is broken${where}: ${verdict.reason}.`);
    process.exitCode = 1;
  } finally {
    await dataSource.destroy();
  }
}

verify(process.argv[2]).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
