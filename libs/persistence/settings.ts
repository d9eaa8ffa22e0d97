import { defineSettings, refuseDefaultPassword, setting } from '@rookery/settings';
import { z } from 'zod';

/** Where the ledger is and how many connections one process may hold. */
export class DatabaseSettings extends defineSettings('PostgreSQL', {
  url: setting('DATABASE_URL', z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }), {
    doc: 'The PostgreSQL database, 14 or newer, as postgres://user:password@host:port/name.',
    production: refuseDefaultPassword,
  }),
  poolSize: setting('DATABASE_POOL_SIZE', z.coerce.number().int().min(1).max(500), {
    doc: 'Most connections one process opens.',
    default: '20',
  }),
}) {}
