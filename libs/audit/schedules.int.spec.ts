import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestLedger } from '@rookery/testing';
import { AuditChain, AuditSettings, AuditTrail } from '.';
import { ExportAuditRoot } from './schedules';

class Ring {}

describe('the root of the audit chain', () => {
  it('is appended to a file outside the database, and verifies what is there later', async () => {
    const ledger = await TestLedger.start({ providers: [AuditTrail, AuditChain] });
    const folder = await mkdtemp(join(tmpdir(), 'rookery-audit-'));
    try {
      const rootFile = join(folder, 'roots');
      const chain = ledger.get(AuditChain);
      const settings = new AuditSettings({ AUDIT_ROOT_FILE: rootFile });
      const ring = () => ledger.get(AuditTrail).around(new Ring(), async () => undefined);
      for (let nr = 1; nr <= 2; nr += 1) {
        await ring();
        await chain.seal();
        await new ExportAuditRoot(chain, settings).run();
      }
      const lines = (await readFile(rootFile, 'utf8')).trim().split('\n');
      expect(lines).toHaveLength(2);
      const { hash } = await chain.root();
      expect(lines[1]).toMatch(new RegExp(`Z 2:${hash}$`));
    } finally {
      await ledger.stop();
      await rm(folder, { recursive: true });
    }
  });
});
