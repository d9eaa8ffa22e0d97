import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { checkSettings, InvalidSettings } from '@rookery/settings';
import '@rookery/contexts';
import './api';

/** A valid production environment. */
const GOOD = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://rookery.example',
  OPS_USER: 'operations',
  OPS_PASSWORD: 'vU3c0q9ZkXw5Jm2RtY8a',
  MASTER_KEY: 'q83vEjRWeJCrze8SNFZ4kLHC0+T1BhcoOUpbbH2OnxA=',
  DATABASE_URL: 'postgres://rookery:Zk3vT9wq2LmX@postgres:5432/rookery',
  REDIS_URL: 'redis://:Wq7pYt4nBc8s@redis:6379',
  SMTP_URL: 'smtps://rookery:pw@mail.example:465',
  MAIL_FROM: 'Rookery <no-reply@rookery.example>',
};

function problemsOf(own: Record<string, string>): readonly string[] {
  try {
    checkSettings({ ...GOOD, ...own });
    return [];
  } catch (error) {
    return (error as InvalidSettings).problems;
  }
}

const key = (...bytes: number[]) => Buffer.from(bytes).toString('base64');

describe('Production', () => {
  it('starts with custom secrets', () => {
    expect(problemsOf({})).toEqual([]);
  });

  it.each([
    ['zero bytes', key(...Array<number>(32).fill(0))],
    ['one byte again and again', key(...Array<number>(48).fill(0xa7))],
    ['a few bytes again and again', Buffer.from('\xff\x01\x80\x42'.repeat(8), 'latin1').toString('base64')],
    ['bytes that count up', key(...Array.from({ length: 32 }, (_, index) => index))],
    [
      'bytes that count down by threes',
      key(...Array.from({ length: 40 }, (_, index) => (200 - 3 * index) & 255)),
    ],
    ['a text', Buffer.from('My very secret master key, 2024!!').toString('base64')],
    ['the development value', 'cm9va2VyeS1kZXZlbG9wbWVudC1tYXN0ZXIta2V5LTAwMQ=='],
  ])('refuses a MASTER_KEY of %s', (_, masterKey) => {
    expect(problemsOf({ MASTER_KEY: masterKey })).toEqual([
      expect.stringMatching(/^MASTER_KEY .*openssl rand -base64 32/),
    ]);
  });

  it.each(['x', 'ops', 'rookery', 'fifteen-letters', 'aaaaaaaaaaaaaaaaaaaaaaaa'])(
    'refuses %s as OPS_PASSWORD',
    (password) => {
      expect(problemsOf({ OPS_PASSWORD: password })).toEqual([
        expect.stringMatching(/^OPS_PASSWORD .*openssl rand -base64 24/),
      ]);
    },
  );

  it.each([
    ['DATABASE_URL', 'postgres://rookery:rookery@postgres:5432/rookery'],
    ['DATABASE_URL', 'postgres://app:postgres@postgres/rookery'],
    ['DATABASE_URL', 'postgres://app:app@postgres/rookery'],
    ['DATABASE_URL', 'postgres://app:%72ookery@postgres/rookery'],
    ['DATABASE_URL', 'postgres://app@postgres/rookery?password=rookery'],
    ['REDIS_URL', 'redis://:rookery@redis:6379'],
    ['REDIS_CACHE_URL', 'redis://default:rookery@redis:6379'],
    ['SMTP_URL', 'smtp://rookery:rookery@mail.example'],
  ])('refuses a default password in %s', (name, url) => {
    expect(problemsOf({ [name]: url })).toEqual([expect.stringMatching(`^${name} .*default password`)]);
  });

  it.each([
    ['', 'missing'],
    ['http://rookery.example', 'http'],
  ])('refuses %s as PUBLIC_URL', (url, what) => {
    expect(problemsOf({ PUBLIC_URL: url })).toEqual([expect.stringMatching(`^PUBLIC_URL .*${what}.*https`)]);
  });

  it('rejects a plain http:// APP_URL, which is optional', () => {
    expect(problemsOf({ APP_URL: 'https://app.rookery.example' })).toEqual([]);
    expect(problemsOf({ APP_URL: 'http://app.rookery.example' })).toEqual([
      expect.stringMatching(/^APP_URL is a plain http:\/\/ address/),
    ]);
  });

  it('does not need an object storage, but requires keys and a custom secret if there is one', () => {
    const of = (secret: string) =>
      problemsOf({
        S3_ENDPOINT: 'https://s3.example',
        S3_ACCESS_KEY_ID: 'key',
        S3_SECRET_ACCESS_KEY: secret,
      });
    expect(of('pD8xW2nQ5vLs7KtB')).toEqual([]);
    expect(of('')).toEqual([expect.stringMatching(/^S3_ENDPOINT is set without .*S3_SECRET_ACCESS_KEY/)]);
    for (const secret of ['minioadmin', 'rookery-development', 'short', 'aaaaaaaaaaaaaaaaaaaaaaaa'])
      expect(of(secret)).toEqual([expect.stringMatching(/^S3_SECRET_ACCESS_KEY .*openssl rand -hex 24/)]);
  });

  it('rejects an address without replies as MAIL_FROM', () => {
    expect(problemsOf({ MAIL_FROM: '' })).toEqual([expect.stringMatching(/^MAIL_FROM is missing/)]);
  });

  it('reports all errors at once, each in one sentence that says what to do', () => {
    const problems = problemsOf({
      MASTER_KEY: key(...Array<number>(32).fill(0)),
      OPS_PASSWORD: 'x',
      DATABASE_URL: 'postgres://rookery:rookery@postgres:5432/rookery',
      REDIS_URL: 'redis://:rookery@redis:6379',
      PUBLIC_URL: '',
      RATE_LIMIT_ENABLED: 'false',
      SESSION_MAX_DAYS: '1',
    });
    const names = problems.map((problem) => problem.split(' ', 1)[0]);
    expect(new Set(names)).toEqual(
      new Set([
        'DATABASE_URL',
        'MASTER_KEY',
        'OPS_PASSWORD',
        'PUBLIC_URL',
        'RATE_LIMIT_ENABLED',
        'REDIS_URL',
        'SESSION_MAX_DAYS',
      ]),
    );
    expect(names).toHaveLength(7);
    // A rejected secret is not printed.
    expect(problems.join()).not.toContain(':rookery@');
  });
});

describe('docker-compose.yml', () => {
  const SECRETS = [
    'POSTGRES_PASSWORD',
    'REDIS_PASSWORD',
    'S3_SECRET_ACCESS_KEY',
    'OPS_PASSWORD',
    'MASTER_KEY',
  ];
  const file = readFileSync('docker-compose.yml', 'utf8');
  const [, block = ''] = /\n  environment:\n((?:    .*\n)+)/.exec(file) ?? [];

  /** The environment of the apps as Compose interpolates it; it refuses missing variables with `:?`. */
  function environmentWith(values: NodeJS.Dict<string>): NodeJS.Dict<string> {
    const text = block.replaceAll(/\$\{(\w+)(:[-?])([^}]*)\}/g, (_, name: string, operator, rest: string) => {
      if (values[name]) return values[name];
      if (operator === ':?') throw new Error(`required variable ${name} is missing a value: ${rest}`);
      return rest;
    });
    return Object.fromEntries(
      [...text.matchAll(/^    (\w+): (.*)$/gm)].map(([, name, value]) => [
        name,
        value!.replace(/^'(.*)'$/, '$1'),
      ]),
    );
  }

  it('does not start with unset secrets, or with a URL without TLS', () => {
    for (const name of [
      ...SECRETS,
      'OPS_USER',
      'PUBLIC_URL',
      'S3_PUBLIC_ENDPOINT',
      'SMTP_URL',
      'MAIL_FROM',
    ]) {
      const uses = [...file.matchAll(new RegExp(`(?<!\\$)\\$\\{?${name}(..)`, 'g'))];
      expect([name, [...new Set(uses.map(([, operator]) => operator))]]).toEqual([name, [':?']]);
    }
  });

  it('runs in production mode by default', () => {
    const { POSTGRES_PASSWORD, REDIS_PASSWORD } = {
      POSTGRES_PASSWORD: 'Zk3vT9wq2LmX',
      REDIS_PASSWORD: 'Wq7pYt4nBc8s',
    };
    const own = {
      S3_ACCESS_KEY_ID: 'key',
      S3_SECRET_ACCESS_KEY: 'pD8xW2nQ5vLs7KtB',
      S3_PUBLIC_ENDPOINT: 'https://storage.rookery.example',
      POSTGRES_PASSWORD,
      REDIS_PASSWORD,
    };
    const { NODE_ENV: _, ...good } = GOOD;
    const environment = environmentWith({ ...good, ...own });
    expect(environment['NODE_ENV']).toBe('production');
    expect(() => checkSettings(environment)).not.toThrow();
    expect(() => environmentWith({ ...good, ...own, MASTER_KEY: '' })).toThrow('MASTER_KEY is missing');
  });

  it('has a file with development values, which production rejects', () => {
    const environment = environmentWith(parseEnv(readFileSync('docker-compose.development.env', 'utf8')));
    expect(() => checkSettings(environment)).not.toThrow();
    for (const name of [
      'PUBLIC_URL',
      'MASTER_KEY',
      'OPS_USER',
      'OPS_PASSWORD',
      'DATABASE_URL',
      'REDIS_URL',
      'MAIL_FROM',
      'S3_SECRET_ACCESS_KEY',
    ])
      expect(() => checkSettings({ ...environment, NODE_ENV: 'production' })).toThrow(`- ${name} `);
  });
});
