import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Retention of origins, and where the root of the chain is written. */
export class AuditSettings extends defineSettings('Audit', {
  originDays: setting('AUDIT_ORIGIN_DAYS', z.coerce.number().int().min(1), {
    default: '90',
    doc: 'Days after which IP addresses and user agents are deleted from the audit log; the entries themselves stay.',
  }),
  rootFile: setting('AUDIT_ROOT_FILE', z.string(), {
    default: '',
    doc: 'File to which the root of the audit chain is appended every hour, in addition to the log. It must be on a system that the database cannot write to.',
  }),
}) {}
