import type { ServerResponse } from 'node:http';
import { Clock } from '@rookery/domain';
import { IdentityProvider } from '@rookery/testing/identity-provider';
import { decodeProtectedHeader, type FlattenedJWSInput } from 'jose';
import { IssuerKeys } from './issuer-keys';

class MovedClock extends Clock {
  aheadMs = 0;

  override now(): Date {
    return new Date(Date.now() + this.aheadMs);
  }
}

describe('the keys of a provider', () => {
  let provider: IdentityProvider;
  let clock: MovedClock;
  let keys: IssuerKeys;

  beforeEach(async () => {
    provider = await IdentityProvider.start();
    clock = new MovedClock();
    keys = new IssuerKeys(provider.url, clock);
  });
  afterEach(() => provider.stop().catch(() => undefined));

  const find = async (token: string) =>
    keys.find(decodeProtectedHeader(token) as { alg: string }, {} as FlattenedJWSInput);
  const refusal = (token: string) =>
    find(token).then(
      () => 'found',
      ({ code }: { code: string }) => code,
    );
  const minutes = (count: number) => (clock.aheadMs += count * 60_000);

  it('are read once for a hundred tokens at once, and again after five minutes', async () => {
    const token = await provider.forge({});
    await Promise.all(Array.from({ length: 100 }, () => find(token)));
    expect(provider.reads()).toBe(1);
    minutes(4);
    await find(token);
    expect(provider.reads()).toBe(1);
    minutes(2);
    await Promise.all(Array.from({ length: 100 }, () => find(token)));
    expect(provider.reads()).toBe(2);
  });

  it('are not read for unknown names more often than every 30 seconds', async () => {
    await find(await provider.forge({}));
    clock.aheadMs = 31_000;
    for (let turn = 0; turn < 5; turn += 1) {
      const flood = Array.from({ length: 40 }, (_, i) =>
        provider.forge({}, { header: { kid: `${turn}-${i}` } }),
      );
      for (const token of await Promise.all(flood))
        expect(await refusal(token)).toBe('ERR_JWKS_NO_MATCHING_KEY');
    }
    expect(provider.reads()).toBe(2);
  });

  it('follow a rotation as soon as the new name is seen', async () => {
    const before = await provider.forge({});
    await find(before);
    await provider.rotate();
    const after = await provider.forge({});
    expect(await refusal(after)).toBe('ERR_JWKS_NO_MATCHING_KEY');
    clock.aheadMs = 31_000;
    expect(await refusal(after)).toBe('found');
    expect(await refusal(before)).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  it('are used for 24 hours after the provider went down, and no longer', async () => {
    const token = await provider.forge({});
    await find(token);
    await provider.stop();
    minutes(23 * 60);
    expect(await refusal(token)).toBe('found');
    expect(await keys.check()).toEqual({ degraded: expect.stringContaining('1380 minutes old') });
    minutes(61);
    expect(await refusal(token)).toBe('dependency.unavailable');
    await expect(keys.check()).rejects.toThrow('fetch failed');
  });

  it('cannot be checked while the provider is down, which does not count as forgery', async () => {
    await find(await provider.forge({}));
    await provider.stop();
    clock.aheadMs = 31_000;
    expect(await refusal(await provider.forge({}, { header: { kid: 'new' } }))).toBe(
      'dependency.unavailable',
    );
  });

  const json = (response: ServerResponse, document: object) => response.end(JSON.stringify(document));

  const genuine = () => ({ issuer: provider.url, jwks_uri: `${provider.url}/jwks` });

  // Without the rule, each of these except the last ones would be accepted.
  it.each<[string, (response: ServerResponse, path: string) => unknown]>([
    ['names another issuer', (response) => json(response, { ...genuine(), issuer: `${provider.url}/` })],
    [
      'keeps its keys where nothing is encrypted',
      (response) =>
        json(response, { ...genuine(), jwks_uri: genuine().jwks_uri.replace('127.0.0.1', '0.0.0.0') }),
    ],
    [
      'redirects',
      (response, path) =>
        path === '/moved' ? json(response, genuine()) : response.writeHead(302, { location: '/moved' }).end(),
    ],
    ['says too much', (response) => json(response, { ...genuine(), padding: 'x'.repeat(300_000) })],
    ['fails', (response) => response.writeHead(500).end()],
    ['answers something else', (response) => response.end('<html>')],
    [
      'does not end',
      (response) => {
        const more = (): boolean =>
          response.destroyed ? false : response.write('x'.repeat(65_536), () => setImmediate(more));
        more();
      },
    ],
    ['does not answer', () => undefined],
  ])(
    'are not taken from a provider that %s; it is asked once and again after a pause',
    async (_, misbehavior) => {
      const token = await provider.forge({});
      provider.misbehave((request, response) => {
        if (request.url === '/jwks') json(response, { keys: [provider.publicKey()] });
        else misbehavior(response, request.url!);
      });
      expect(await refusal(token)).toBe('dependency.unavailable');
      const asked = provider.asked.length;
      expect(await refusal(token)).toBe('dependency.unavailable');
      expect(provider.asked).toHaveLength(asked);
      await provider.behave();
      clock.aheadMs = 31_000;
      expect(await refusal(token)).toBe('found');
    },
  );

  it('say how long to wait', async () => {
    await provider.stop();
    const token = await provider.forge({});
    // It stands still: a refused connection may take a second of the thirty.
    jest.spyOn(clock, 'now').mockReturnValue(new Date());
    await expect(find(token)).rejects.toMatchObject({
      code: 'dependency.unavailable',
      retryAfterSeconds: 30,
    });
  });
});
