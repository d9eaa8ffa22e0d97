import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** How long the results of operations are kept. */
export class OperationsSettings extends defineSettings('Operations', {
  exportTtlSeconds: setting('EXPORT_TTL_SECONDS', z.coerce.number().int().min(1), {
    doc: 'Seconds for which an export can be downloaded.',
    default: '604800',
  }),
}) {}
