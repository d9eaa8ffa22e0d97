import { defineSettings, refuseDefaultPassword, setting } from '@rookery/settings';
import { z } from 'zod';

/** Database URL and pool size of a process. */
export class DatabaseSettings extends defineSettings('PostgreSQL', {
  url: setting('DATABASE_URL', z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }), {
    doc: 'URL of the PostgreSQL database (14 or newer), as postgres://user:password@host:port/name.',
    production: refuseDefaultPassword,
  }),
  poolSize: setting('DATABASE_POOL_SIZE', z.coerce.number().int().min(1).max(500), {
    doc: 'Maximum connections per process, in addition to four for exports.',
    default: '20',
  }),
}) {}
