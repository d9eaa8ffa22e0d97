import { Global, Module, type Type } from '@nestjs/common';
import type { Scheduled } from '@rookery/messaging';
import { EventObserver } from '@rookery/persistence';
import { AuditChain } from './audit-chain';
import { AuditLog } from './audit-log';
import { AuditTrail } from './audit-trail';
import { ExportAuditRoot, ForgetOrigins, SealAudit } from './schedules';
import { AuditSettings } from './settings';

/** The worker's schedules for the audit log. */
export const auditSchedules: readonly Type<Scheduled>[] = [SealAudit, ExportAuditRoot, ForgetOrigins];

const providers = [
  AuditSettings,
  AuditTrail,
  AuditChain,
  AuditLog,
  { provide: EventObserver, useExisting: AuditTrail },
];

/** The audit log: written by the choke point of commands, sealed by a worker, read by operators. */
@Global()
@Module({ providers: [...providers, ...auditSchedules], exports: [...providers, ...auditSchedules] })
export class AuditModule {}
