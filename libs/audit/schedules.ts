import { appendFile } from 'node:fs/promises';
import { Logger } from '@nestjs/common';
import { Schedule, type Scheduled } from '@rookery/messaging';
import { AuditChain } from './audit-chain';
import { AuditLog } from './audit-log';
import { AuditSettings } from './settings';

const BATCH_SIZE = 10_000;
/** Entries that are sealed in one transaction. */
const BATCH = 2_000;

/** Adds newly committed entries to the chain. */
@Schedule('audit.seal-audit', { everySeconds: 1, formerly: ['audit.SealAudit'] })
export class SealAudit implements Scheduled {
  constructor(private readonly chain: AuditChain) {}

  async run(): Promise<boolean> {
    return (await this.chain.seal(BATCH)) === BATCH;
  }
}

/** Writes the root of the chain to the log, and to a file if one is configured: a chain cannot prove itself. */
@Schedule('audit.export-audit-root', { everySeconds: 3_600, formerly: ['audit.ExportAuditRoot'] })
export class ExportAuditRoot implements Scheduled {
  private readonly log = new Logger(ExportAuditRoot.name);

  constructor(
    private readonly chain: AuditChain,
    private readonly settings: AuditSettings,
  ) {}

  async run(): Promise<void> {
    const { count, hash } = await this.chain.root();
    this.log.log(`audit root ${count}:${hash}`);
    if (this.settings.rootFile !== '') {
      await appendFile(this.settings.rootFile, `${new Date().toISOString()} ${count}:${hash}\n`);
    }
  }
}

/** Forgets IP addresses and user agents that are too old to be needed, at night. */
@Schedule('audit.forget-origins', { cron: '* 3-4 * * *', formerly: ['audit.ForgetOrigins'] })
export class ForgetOrigins implements Scheduled {
  constructor(
    private readonly auditLog: AuditLog,
    private readonly settings: AuditSettings,
  ) {}

  async run(): Promise<boolean> {
    return (await this.auditLog.forgetOldOrigins(this.settings.originDays, BATCH_SIZE)) === BATCH_SIZE;
  }
}
