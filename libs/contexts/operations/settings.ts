import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Retention of the results of operations. */
export class OperationsSettings extends defineSettings('Operations', {
  exportTtlSeconds: setting('EXPORT_TTL_SECONDS', z.coerce.number().int().min(1), {
    doc: 'Seconds for which an export can be downloaded.',
    default: '604800',
  }),
}) {}
