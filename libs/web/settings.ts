import { defineSettings, setting, weaknessOf } from '@rookery/settings';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65535);
const milliseconds = z.coerce.number().int().min(0);

/** Comma-separated origins, `https://a.example,https://b.example`; each exactly as a browser sends it. */
const origins = z.string().transform((text, context) => {
  const list = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
  for (const origin of list) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      context.addIssue({
        code: 'custom',
        message: `"${origin}" is not an origin such as https://app.example`,
      });
    }
  }
  return list;
});

function refusePlainAddress(text: string): string | undefined {
  if (text.startsWith('https://')) return undefined;
  const what = text === '' ? 'is missing' : 'is a plain http:// address';
  return `${what}; set it to the public https:// URL`;
}

function refuseWeakPassword(text: string): string | undefined {
  const weakness = weaknessOf(text);
  return weakness && `${weakness}; generate one with \`openssl rand -base64 24\``;
}

/** Listening address and public properties of the api. */
export class WebSettings extends defineSettings('HTTP', {
  environment: setting('NODE_ENV', z.enum(['development', 'test', 'production']), {
    default: 'development',
    doc: '`production` turns on HSTS and rejects default credentials.',
  }),
  host: setting('HOST', z.string().min(1), { default: '127.0.0.1', doc: 'Address to listen on.' }),
  port: setting('PORT', port, { default: '3000', doc: 'Port of the api. 0 uses a free port.' }),
  metricsPort: setting('METRICS_PORT', z.union([z.literal('').transform(() => undefined), port]), {
    default: '',
    doc: 'Separate port for /metrics of the api or worker process; its other port then returns 404 for /metrics. Without it, /metrics is on the port of the probes, and in production it requires the HTTP Basic credentials of the operators.',
  }),
  configuredPublicUrl: setting('PUBLIC_URL', z.union([z.literal(''), z.url({ protocol: /^https?$/ })]), {
    default: '',
    doc: 'Public URL of the api. Default: http://127.0.0.1:$PORT. Production requires an https:// URL.',
    production: refusePlainAddress,
  }),
  configuredAppUrl: setting('APP_URL', z.union([z.literal(''), z.url({ protocol: /^https?$/ })]), {
    default: '',
    doc: 'Base URL of links in mails, for an app with its own pages at /activate, /reset, /invites and /notifications. Default: PUBLIC_URL, without links to notifications.',
    production: (text) => (text === '' ? undefined : refusePlainAddress(text)),
  }),
  corsOrigins: setting('CORS_ORIGINS', origins, {
    default: '',
    doc: 'Comma-separated origins whose pages can call the api from a browser. None by default.',
  }),
  trustedProxies: setting('TRUST_PROXY', z.coerce.number().int().min(0).max(10), {
    default: '0',
    doc: 'Number of proxies in front of the api that add to X-Forwarded-For. 0 ignores the header.',
  }),
  arrivalTimeoutMs: setting('REQUEST_ARRIVAL_TIMEOUT_MS', milliseconds.min(100), {
    default: '30000',
    doc: 'Maximum milliseconds for a request to arrive, headers and body. After that it gets 408 and the connection is closed.',
  }),
  requestTimeoutMs: setting('REQUEST_TIMEOUT_MS', milliseconds.min(1), {
    default: '60000',
    doc: 'Maximum milliseconds for the response to a request. After that it gets 503. Streams are exempt.',
  }),
  shutdownGraceMs: setting('SHUTDOWN_GRACE_MS', milliseconds, {
    default: '0',
    doc: 'Milliseconds between becoming not ready and closing on shutdown, so that load balancers notice. Default in production: 5000.',
  }),
  opsUser: setting('OPS_USER', z.string().min(1), {
    development: 'ops',
    doc: 'User name for the operator pages (HTTP Basic).',
  }),
  opsPassword: setting('OPS_PASSWORD', z.string().min(1), {
    development: 'ops',
    doc: 'Password for the operator pages (HTTP Basic), 16 characters or more: `openssl rand -base64 24`.',
    production: refuseWeakPassword,
  }),
}) {
  /** Public URL of the api, without a trailing slash. */
  get publicUrl(): string {
    return this.configuredPublicUrl.replace(/\/+$/, '') || `http://127.0.0.1:${this.port}`;
  }

  /** Base URL of links in mails, without a trailing slash. */
  get appUrl(): string {
    return this.configuredAppUrl.replace(/\/+$/, '') || this.publicUrl;
  }

  get production(): boolean {
    return this.environment === 'production';
  }
}

/** Port of the worker for probes and metrics. */
export class ProbeSettings extends defineSettings('Probes of the worker', {
  port: setting('WORKER_PORT', port, {
    default: '3001',
    doc: 'Port of the worker for probes and metrics. 0 uses a free port.',
  }),
}) {}
