import { NOTICED_MS, PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';

describe('ending sessions', () => {
  const system = sharedSystem();

  async function signedInTwice(): Promise<{
    person: Person;
    phone: { accessToken: string; refreshToken: string };
  }> {
    const person = await signUp(system);
    const phone = await system.ask('POST /v1/auth/login', {
      body: { email: person.email, password: PASSWORD },
      headers: { 'user-agent': 'phone' },
    });
    return { person, phone: phone.body };
  }

  const worksWith = async (token: string) => (await system.ask('GET /v1/me', { token })).status === 200;

  it('lists them with device, address and times, the newest first', async () => {
    const { phone } = await signedInTwice();
    const { status, body } = await system.ask('GET /v1/auth/sessions', { token: phone.accessToken });
    expect(status).toBe(200);
    expect(body.data).toMatchObject([
      { userAgent: 'phone', ip: '127.0.0.1', current: true },
      { current: false },
    ]);
    expect(body.page).toEqual({ nextCursor: null });
  });

  it('pages through them by cursor', async () => {
    const { phone } = await signedInTwice();
    const first = await system.ask('GET /v1/auth/sessions?limit=1', { token: phone.accessToken });
    expect(first.headers.link).toMatch(/rel="next"/);
    const second = await system.ask(`GET /v1/auth/sessions?limit=1&cursor=${first.body.page.nextCursor}`, {
      token: phone.accessToken,
    });
    expect(second.body.data).toMatchObject([{ current: false }]);
    expect(second.body.page.nextCursor).toBeNull();
    const forged = await system.ask('GET /v1/auth/sessions?cursor=forged', { token: phone.accessToken });
    expect(forged).toMatchObject({ status: 400, body: { code: 'request.invalid-cursor' } });
  });

  it('ends one from another device within five seconds, access token and all', async () => {
    const { person, phone } = await signedInTwice();
    expect(await worksWith(phone.accessToken)).toBe(true);
    const { body } = await system.ask('GET /v1/auth/sessions', { token: person.token });
    const other = (body.data as { id: string; current: boolean }[]).find(({ current }) => !current)!;
    expect((await system.ask(`DELETE /v1/auth/sessions/${other.id}`, { token: person.token })).status).toBe(
      204,
    );
    await eventually(async () => !(await worksWith(phone.accessToken)), NOTICED_MS);
    const refreshed = await system.ask('POST /v1/auth/refresh', {
      body: { refreshToken: phone.refreshToken },
    });
    expect(refreshed.body.code).toBe('identity.refresh-invalid');
    expect(await worksWith(person.token)).toBe(true);
    expect((await system.ask(`DELETE /v1/auth/sessions/${other.id}`, { token: person.token })).status).toBe(
      404,
    );
  });

  it('cannot end those of others', async () => {
    const { phone } = await signedInTwice();
    const stranger = await signUp(system);
    const { body } = await system.ask('GET /v1/auth/sessions', { token: phone.accessToken });
    const ended = await system.ask(`DELETE /v1/auth/sessions/${body.data[0].id}`, { token: stranger.token });
    expect(ended).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
    const withToken = await system.ask('POST /v1/auth/logout', {
      body: { refreshToken: phone.refreshToken },
      token: stranger.token,
    });
    expect(withToken.body.code).toBe('identity.refresh-invalid');
    expect(await worksWith(phone.accessToken)).toBe(true);
  });

  it('signs out immediately in the same process', async () => {
    const { phone } = await signedInTwice();
    const { refreshToken, accessToken } = phone;
    expect(
      (await system.ask('POST /v1/auth/logout', { body: { refreshToken }, token: accessToken })).status,
    ).toBe(204);
    expect(await worksWith(accessToken)).toBe(false);
  });

  it('signs out everywhere', async () => {
    const { person, phone } = await signedInTwice();
    await worksWith(phone.accessToken);
    expect((await system.ask('POST /v1/auth/logout-all', { token: person.token })).status).toBe(204);
    expect(await worksWith(person.token)).toBe(false);
    await eventually(async () => !(await worksWith(phone.accessToken)), NOTICED_MS);
  });
});
