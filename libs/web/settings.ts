import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65535);
const milliseconds = z.coerce.number().int().min(0);

/** Comma-separated origins, `https://a.example,https://b.example`; each exactly as a browser sends it. */
const origins = z.string().transform((text, context) => {
  const list = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
  for (const origin of list) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      context.addIssue({ code: 'custom', message: `"${origin}" is no origin such as https://app.example` });
    }
  }
  return list;
});

/** Where the api listens and what it says of itself. */
export class WebSettings extends defineSettings('HTTP', {
  environment: setting('NODE_ENV', z.enum(['development', 'test', 'production']), {
    default: 'development',
    doc: 'production turns on HSTS and refuses default credentials.',
  }),
  host: setting('HOST', z.string().min(1), { default: '127.0.0.1', doc: 'Address to listen on.' }),
  port: setting('PORT', port, { default: '3000', doc: 'Port of the api; 0 takes a free one.' }),
  configuredPublicUrl: setting('PUBLIC_URL', z.union([z.literal(''), z.url({ protocol: /^https?$/ })]), {
    default: '',
    doc: 'Where clients reach the api. Without it http://127.0.0.1:$PORT.',
  }),
  configuredAppUrl: setting('APP_URL', z.union([z.literal(''), z.url({ protocol: /^https?$/ })]), {
    default: '',
    doc: 'Where links in mails lead, for an app with pages of its own at /activate and /reset. Without it PUBLIC_URL.',
  }),
  corsOrigins: setting('CORS_ORIGINS', origins, {
    default: '',
    doc: 'Origins, comma-separated, whose pages may call the api from a browser. None by default.',
  }),
  trustedProxies: setting('TRUST_PROXY', z.coerce.number().int().min(0).max(10), {
    default: '0',
    doc: 'How many proxies in front add to X-Forwarded-For. 0 believes no such header.',
  }),
  requestTimeoutMs: setting('REQUEST_TIMEOUT_MS', milliseconds.min(1), {
    default: '60000',
    doc: 'Milliseconds after which a request is answered 503, whatever it does. Streams are exempt.',
  }),
  shutdownGraceMs: setting('SHUTDOWN_GRACE_MS', milliseconds, {
    default: '0',
    doc: 'Milliseconds between turning unready and closing, so that load balancers notice. 5000 in production.',
  }),
  opsUser: setting('OPS_USER', z.string().min(1), {
    development: 'ops',
    doc: 'User name of the operations pages (HTTP Basic).',
  }),
  opsPassword: setting('OPS_PASSWORD', z.string().min(1), {
    development: 'ops',
    doc: 'Password of the operations pages (HTTP Basic).',
  }),
}) {
  /** Where clients reach the api, without a trailing slash. */
  get publicUrl(): string {
    return this.configuredPublicUrl.replace(/\/+$/, '') || `http://127.0.0.1:${this.port}`;
  }

  /** Where links in mails lead, without a trailing slash. */
  get appUrl(): string {
    return this.configuredAppUrl.replace(/\/+$/, '') || this.publicUrl;
  }

  get production(): boolean {
    return this.environment === 'production';
  }
}

/** Where the worker answers probes and metrics. */
export class ProbeSettings extends defineSettings('Probes of the worker', {
  port: setting('WORKER_PORT', port, {
    default: '3001',
    doc: 'Port of the worker for probes and metrics; 0 takes a free one.',
  }),
}) {}
