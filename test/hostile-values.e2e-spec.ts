import { enroll } from '@rookery/contexts/identity/testing';
import { type Person, resolveParts, sharedSystem } from '@rookery/testing';
import fc from 'fast-check';
import { exampleOf, type Schema } from './support/example-of';
import { undeclaredIn } from './support/field-errors';
import { type Description, type Operation, operationsOf } from './support/operations';

const ID = '01890000-0000-7000-8000-000000000000';
/** Requests at a time: some 18,000 one after the other spend most of their time on waiting. */
const LANES = 8;

const encoded = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const tokenOf = (header: unknown, payload: unknown) => `${encoded(header)}.${encoded(payload)}.c2lnbmF0dXJl`;
const claims = { iss: 'http://rookery.test', aud: 'rookery', sub: ID, sid: ID, exp: 9_999_999_999 };

/** Tokens with one valid half, or with impossible key ids. */
const TOKENS = ['JWT', 'at+jwt', 'mfa+jwt'].flatMap((typ) => [
  tokenOf({ alg: 'ES256', typ, kid: 'a' }, 'no JSON'),
  tokenOf({ alg: 'ES256', typ, kid: 'a' }, 'null'),
  tokenOf({ alg: 'ES256', typ, kid: 'a\0' }, claims),
  tokenOf({ alg: 'ES256', typ, kid: ['a'] }, claims),
  tokenOf({ alg: 'ES256', typ, kid: '__proto__' }, { ...claims, jti: '\0' }),
  tokenOf('no JSON', claims),
  tokenOf('null', claims),
  `${encoded({ alg: 'ES256', typ, kid: 'a' })}.`,
  `${encoded({ alg: 'ES256', typ, kid: 'a' })}..`,
]);

const INSTANTS = [
  '2026-01-01T00:00:00+15:59',
  '2026-01-01T00:00:00+16:00',
  '2026-01-01T00:00:00-23:59',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+01:00',
  '9999-12-31T23:59:59-01:00',
  '9999-12-31T23:59:59.999999999Z',
];

/** Texts that PostgreSQL, UTF-8 or a library may reject. */
const TEXTS = [
  '',
  ' \u2003\ufeff',
  '\0',
  'a\0b@example.com',
  '\ud800',
  'x\udfff@example.com',
  'someone@\ud83d.example',
  '\u{10ffff}\uffff',
  '\u202e\u0007\r\n',
  "' OR 1 = 1 --",
  '\\',
  '%',
  '-'.repeat(50),
  '__proto__',
  '9'.repeat(400),
  '1e309',
  ...INSTANTS,
];

const OTHERS = [
  null,
  0,
  -0,
  2 ** 53,
  1e308,
  true,
  [],
  [[]],
  ['\ud800'],
  ['a\0'],
  {},
  { a: '\0' },
  { '\ud800': 1 },
];

/** In a URL: what `encodeURIComponent` returns and what it never returns. */
const IN_ADDRESS = [
  ...TEXTS.filter((text) => text.isWellFormed()).map((text) => encodeURIComponent(text)),
  '%00',
  '%ED%A0%80',
  '%FF',
  '%C0%80',
  '%',
  '%2',
  '%2F..%2F',
];

/** Random 16-bit units, with lone surrogates and NUL more often than by chance. */
const anyText = fc.string({
  unit: fc.oneof(
    fc.nat(0xff_ff).map((code) => String.fromCharCode(code)),
    fc.constantFrom('\0', '\ud800', '\udfff', '@', '.', 'a', ' '),
  ),
  maxLength: 40,
});

describe('a value that PostgreSQL or a library does not take', () => {
  const system = sharedSystem();
  let schemas: Record<string, Schema>;
  let operations: Operation[];

  beforeAll(async () => {
    const description: Description = resolveParts((await system.ask('GET /v1/openapi.json')).body);
    schemas = description.components.schemas;
    operations = operationsOf(description);
  });

  /** @returns what is wrong with the response; undefined if it is documented */
  async function complaint(
    { id, method, path, parameters, body, statuses }: Operation,
    caller: Person,
    own: {
      address?: Record<string, string>;
      headers?: Record<string, string>;
      body?: unknown;
    },
  ): Promise<string | undefined> {
    const example = ({ schema }: Operation['parameters'][number]) =>
      encodeURIComponent(String(exampleOf(schema, schemas)));
    const query = parameters
      .filter(
        ({ name, in: place, required }) =>
          place === 'query' && (required || own.address?.[name] !== undefined),
      )
      .map((parameter) => `${parameter.name}=${own.address?.[parameter.name] ?? example(parameter)}`);
    const at = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => own.address?.[name] ?? ID);
    const payload = own.body ?? (body && exampleOf(body, schemas));
    const url = query.length > 0 ? `${at}?${query.join('&')}` : at;
    const request = {
      token: caller.token,
      headers: {
        ...(parameters.some(({ name }) => name === 'If-Match') && { 'if-match': '*' }),
        ...(payload !== undefined && { 'content-type': 'application/json' }),
        ...own.headers,
      },
      ...(payload !== undefined && { body: JSON.stringify(payload) }),
      from: '127.0.0.1',
    };
    // Who is told that the api is busy asks again, as clients do; what is always answered so is a complaint.
    const giveUpAt = performance.now() + 20_000;
    const ask = () => system.ask(`${method.toUpperCase()} ${url}`, request);
    let answered = await ask();
    while (answered.status === 503 && performance.now() < giveUpAt) answered = await ask();
    const { status, body: answer } = answered;
    const undeclared = undeclaredIn(answer);
    if (undeclared.length > 0) return `${id} with ${JSON.stringify(own)}: ${undeclared.join(', ')}`;
    if (status < 500 && (statuses.includes(status) || status === 400 || status === 404)) return undefined;
    return `${id} with ${JSON.stringify(own)}: ${status} ${JSON.stringify(answer).slice(0, 300)}`;
  }

  async function complaintsOf(
    wanted: (operation: Operation) => readonly Parameters<typeof complaint>[2][],
  ): Promise<string[]> {
    const found: string[] = [];
    for (const operation of operations) {
      const attempts = wanted(operation);
      if (attempts.length === 0) continue;
      // A successful operation may end the caller's session, so each operation has its own caller.
      const caller = await enroll(system, { role: 'admin' });
      const rest = attempts.values();
      const lane = async () => {
        for (const own of rest) found.push(...[(await complaint(operation, caller, own)) ?? []].flat());
      };
      await Promise.all(Array.from({ length: LANES }, lane));
    }
    return found;
  }

  /**
   * @returns bodies that are valid except for one field, for each field and value; some with an additional optional
   *   field
   */
  function spoiled({ body }: Operation, values: readonly unknown[]): { body: unknown }[] {
    if (!body) return [];
    const schema = body.$ref ? schemas[body.$ref.split('/').at(-1)!]! : body;
    const fields = Object.entries(schema.properties ?? {});
    const [optional] = fields.filter(([name]) => !schema.required?.includes(name));
    const good = exampleOf(schema, schemas) as object;
    const better = optional && { ...good, [optional[0]]: exampleOf(optional[1], schemas) };
    return fields.flatMap(([name, field]) =>
      [...values, ...(/token/i.test(name) ? TOKENS : [])].flatMap((value) => [
        { body: { ...good, [name]: value } },
        ...(better ? [{ body: { ...better, [name]: value } }] : []),
        ...(field.type === 'array' ? [{ body: { ...good, [name]: [value] } }] : []),
      ]),
    );
  }

  it('in a body is never an error of ours', async () => {
    expect(await complaintsOf((operation) => spoiled(operation, [...TEXTS, ...OTHERS]))).toEqual([]);
  }, 1_200_000);

  it('as a body is never an error of ours', async () => {
    expect(
      await complaintsOf(({ body }) =>
        body ? [...TEXTS, ...OTHERS].map((value) => ({ body: value ?? [] })) : [],
      ),
    ).toEqual([]);
  }, 1_200_000);

  it('in a path or query is never an error of ours', async () => {
    const found = await complaintsOf(({ parameters }) =>
      parameters
        .filter(({ in: place }) => place === 'path' || place === 'query')
        .flatMap(({ name }) => IN_ADDRESS.map((value) => ({ address: { [name]: value } }))),
    );
    expect(found).toEqual([]);
  }, 1_200_000);

  it('in a header is never an error of ours', async () => {
    const texts = [
      '',
      ' ',
      '\u00ff\u0080',
      '"'.repeat(300),
      ',,,',
      '9'.repeat(400),
      '*',
      '\\',
      'W/"',
      '__proto__',
    ];
    // The web layer reads headers in the same way for all routes: test one route per method.
    const chosen = ['createPost', 'getMe', 'getPost', 'updateMe'];
    const found = await complaintsOf(({ id, parameters }) => {
      if (!chosen.includes(id)) return [];
      const declared = parameters.filter(({ in: place }) => place === 'header').map(({ name }) => name);
      return [...declared, 'traceparent', 'x-request-id', 'user-agent', 'accept-encoding'].flatMap((name) =>
        texts.map((value) => ({ headers: { [name.toLowerCase()]: value } })),
      );
    });
    expect(found).toEqual([]);
  });

  it('as a token signs nobody in', async () => {
    for (const token of [
      ...TOKENS,
      'rk_',
      `rk_${'0'.repeat(32)}_${'a'.repeat(43)}`,
      '\u00ff',
      '..',
      '.'.repeat(5_000),
    ])
      expect([token, (await system.ask('GET /v1/me', { token })).status]).toEqual([token, 401]);
  });

  it('found at random never returns 500 either', async () => {
    // Operations that cost a password hash are covered by the values above.
    const quick = [
      'forgotPassword',
      'resendVerification',
      'verifyEmail',
      'createPost',
      'updateMe',
      'setPreferences',
    ];
    const chosen = operations.filter(({ id }) => quick.includes(id));
    expect(chosen).toHaveLength(quick.length);
    const caller = await enroll(system, { role: 'admin' });
    await fc.assert(
      fc.asyncProperty(anyText, fc.constantFrom(...chosen), async (text, operation) => {
        for (const own of spoiled(operation, [text]))
          expect(await complaint(operation, caller, own)).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  }, 300_000);
});
