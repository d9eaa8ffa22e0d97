import { join } from 'node:path';
import { localUrl, type Settings } from './settings.mts';

/** The URLs to open after starting Rookery. */
export function readyTable(settings: Settings, embedded: { mailbox: boolean; database: boolean }): string {
  const api = localUrl(settings, settings.port);
  const worker = localUrl(settings, settings.workerPort);
  const database = embedded.database
    ? `DATABASE_URL in ${join(settings.dataDir, 'run.json')}, with the password`
    : 'DATABASE_URL of the environment';
  const rows: [string, string][] = [
    ['API', `${api}/v1`],
    ['Swagger', `${api}/v1/docs`],
    ...(embedded.mailbox
      ? [['Mailbox', `http://127.0.0.1:${settings.mailboxPort}`] as [string, string]]
      : []),
    [
      'Queue board',
      `${api}/v1/admin/board (${process.env.OPS_USER ? 'OPS_USER' : 'ops'} / ${process.env.OPS_PASSWORD ? 'OPS_PASSWORD' : 'ops'})`,
    ],
    ['Probes', `${api}/livez /readyz /healthz`],
    ['', `${worker}/livez /readyz /healthz`],
    ['Metrics', `${api}/metrics  ${worker}/metrics`],
    ['Accounts', 'user@rookery.test, moderator@rookery.test, admin@rookery.test'],
    ['', 'password Rookery-demo-1'],
    ['PostgreSQL', database],
    ['Logs', join(settings.dataDir, 'logs')],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(12)} ${value}`).join('\n');
}
