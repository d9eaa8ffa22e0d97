import { readFileSync } from 'node:fs';
import { enroll } from '@rookery/contexts/identity/testing';
import { type Person, privateSystem, resolveParts } from '@rookery/testing';
import api from '../openapi.json';
import { type Description, type Operation, operationsOf } from './support/operations';

const settingOf = (policy: string) => `RATE_LIMIT_${policy.toUpperCase().replaceAll('-', '_')}`;

const description = resolveParts(api) as Description & {
  paths: Record<
    string,
    Record<string, { 'x-rate-limit'?: { policy: string; per: string[] }[]; security?: object[] }>
  >;
};

/** A limit of an operation, in addition to the default one. */
interface Limited extends Operation {
  policy: string;
  per: string;
  anonymous: boolean;
  /** Of the body; undefined if there is none. */
  mediaType: string | undefined;
}

const limited: Limited[] = operationsOf(description).flatMap((operation) => {
  const {
    'x-rate-limit': policies = [],
    security,
    requestBody,
  } = description.paths[operation.path]![operation.method]!;
  const anonymous = security?.length === 0; // all others have the security of the document
  const [mediaType] = Object.keys(requestBody?.content ?? {});
  return policies
    .filter(({ policy }) => policy !== 'default')
    .flatMap(({ policy, per }) =>
      per.map((subject) => ({ ...operation, policy, per: subject, anonymous, mediaType })),
    );
});
const names = [...new Set(limited.map(({ policy }) => policy))];

let addresses = 0;
/** A client address without earlier requests. */
const newAddress = () => `198.51.${100 + Math.floor((addresses += 1) / 250)}.${1 + (addresses % 250)}`;

describe('rate limits', () => {
  const system = privateSystem({
    RATE_LIMIT_ENABLED: 'true',
    RATE_LIMIT_DEFAULT: '100000/100000',
    ...Object.fromEntries(names.map((name) => [settingOf(name), '1/86400'])),
  });

  /** @returns the limit that refused the request; undefined if none did. */
  async function refusing(
    { method, path, mediaType, parameters }: Limited,
    from: string,
    who?: Person,
  ): Promise<string | undefined> {
    const url = path.replaceAll(/\{\w+\}/g, '01890000-0000-7000-8000-000000000000');
    const conditional = parameters.some(({ name }) => name === 'If-Match');
    const answer = await system.ask(`${method.toUpperCase()} ${url}`, {
      from,
      token: who?.token,
      headers: { ...(conditional && { 'if-match': '*' }), ...(mediaType && { 'content-type': mediaType }) },
      ...(mediaType && { body: '{}' }),
    });
    if (answer.status !== 429) return undefined;
    expect(answer.body.code).toBe('rate.limited');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    return /^The limit "([a-z-]+)"/.exec(answer.body.detail)![1];
  }

  it('are used by a route each', () => {
    const settings = readFileSync('.env.example', 'utf8').matchAll(/^#? ?(RATE_LIMIT_\w+)=\d+\/\d+/gm);
    const used = ['default', ...names].map((name) => settingOf(name));
    expect(new Set(used)).toEqual(new Set([...settings].map(([, name]) => name)));
  });

  it.each(limited.filter(({ per }) => per === 'ip').map((each) => [each.id, each.policy, each] as const))(
    'of %s count requests of an IP address: %s',
    async (_id, policy, operation) => {
      const callers = operation.anonymous ? [] : [await enroll(system), await enroll(system)];
      const address = newAddress();
      await expect(refusing(operation, address, callers[0])).resolves.toBeUndefined();
      await expect(refusing(operation, address, callers[1])).resolves.toContain(policy);
      const other = operation.anonymous ? undefined : await enroll(system);
      await expect(refusing(operation, newAddress(), other)).resolves.toBeUndefined();
    },
  );

  it.each(
    limited
      .filter(({ per, anonymous }) => per === 'account' && !anonymous)
      .map((each) => [each.id, each.policy, each] as const),
  )('of %s count requests of an account: %s', async (_id, policy, operation) => {
    const [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    await expect(refusing(operation, newAddress(), ada)).resolves.toBeUndefined();
    await expect(refusing(operation, newAddress(), ada)).resolves.toContain(policy);
    await expect(refusing(operation, newAddress(), bob)).resolves.toBeUndefined();
  });
});
