import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** How long the audit log remembers from where, and where its root is told. */
export class AuditSettings extends defineSettings('Audit', {
  originDays: setting('AUDIT_ORIGIN_DAYS', z.coerce.number().int().min(1), {
    default: '90',
    doc: 'Days after which the audit log forgets IP addresses and user agents; the entries themselves stay.',
  }),
  rootFile: setting('AUDIT_ROOT_FILE', z.string(), {
    default: '',
    doc: 'File to which the root of the audit chain is appended every hour, besides the log. Put it where the database cannot reach.',
  }),
}) {}
