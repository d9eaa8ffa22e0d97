import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withWorkContext } from '@rookery/observability';
import { TestLedger } from '@rookery/testing/ledger';
import { AuditChain, Audited, AuditLog, AuditSettings, AuditTrail } from '.';
import { ExportAuditRoot, ForgetOrigins } from './schedules';

@Audited('suite.ring')
class Ring {}

describe('the root of the audit chain', () => {
  it('is appended to a file outside the database, and verifies what is there later', async () => {
    const ledger = await TestLedger.start({ providers: [AuditTrail, AuditChain] });
    const folder = await mkdtemp(join(tmpdir(), 'rookery-audit-'));
    try {
      const rootFile = join(folder, 'roots');
      const chain = ledger.get(AuditChain);
      const settings = new AuditSettings({ AUDIT_ROOT_FILE: rootFile });
      const ring = () =>
        ledger.get(AuditTrail).around(new Ring(), (recorded) => ledger.run(async () => recorded(undefined)));
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

describe('The stored origin of an action', () => {
  it('is deleted after AUDIT_ORIGIN_DAYS', async () => {
    const ledger = await TestLedger.start({ providers: [AuditTrail, AuditLog] });
    try {
      const context = { correlationId: null, causationId: null, actorId: null, traceparent: null };
      for (const ip of ['203.0.113.1', '203.0.113.2']) {
        await withWorkContext({ ...context, client: { ip, userAgent: 'a browser' } }, () =>
          ledger
            .get(AuditTrail)
            .around(new Ring(), (recorded) => ledger.run(async () => recorded(undefined))),
        );
      }
      const age = (ip: string, hours: number) =>
        ledger.sql('UPDATE audit.origins SET at = now() - make_interval(hours => $2) WHERE ip = $1::inet', [
          ip,
          hours,
        ]);
      await age('203.0.113.1', 49);
      await age('203.0.113.2', 47);
      const forget = new ForgetOrigins(ledger.get(AuditLog), new AuditSettings({ AUDIT_ORIGIN_DAYS: '2' }));
      await ledger.run(() => forget.run());
      expect(await ledger.sql('SELECT host(ip) AS ip FROM audit.origins')).toEqual([{ ip: '203.0.113.2' }]);
    } finally {
      await ledger.stop();
    }
  });
});
