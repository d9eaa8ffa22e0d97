import { newcomer, PASSWORD, verificationMail } from '@rookery/contexts/identity/testing';
import { eventually, privateSystem, served } from '@rookery/testing';

describe('activating an account with the link', () => {
  const system = privateSystem({ LOG_LEVEL: 'trace' });

  async function registered(): Promise<{ email: string; code: string; token: string }> {
    const form = newcomer();
    await system.ask('POST /v1/auth/register', { body: form });
    return { email: form.email, ...(await verificationMail(system, form.email)) };
  }

  it('works once', async () => {
    const { email, token } = await registered();
    expect((await system.ask(`PUT /v1/users/activate/${token}`)).status).toBe(204);
    const again = await system.ask(`PUT /v1/users/activate/${token}`);
    expect(again).toMatchObject({ status: 410, body: { code: 'identity.link-expired' } });
    const login = await system.ask('POST /v1/auth/login', { body: { email, password: PASSWORD } });
    expect(login.status).toBe(200);
  });

  it('works once, also under concurrency', async () => {
    const { token } = await registered();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => served(() => system.ask(`PUT /v1/users/activate/${token}`))),
    );
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(answers.every(({ status }) => [204, 409, 410].includes(status))).toBe(true);
  });

  it('returns 404 for an unknown token', async () => {
    expect((await system.ask('PUT /v1/users/activate/nonsense')).body.code).toBe('resource.not-found');
  });

  it('never exposes its token in logs, metrics, problems or audit entries, however the route is called', async () => {
    const { token } = await registered();
    const canary = `canary${'x'.repeat(37)}`;
    const answers = [];
    for (const secret of [token, token, canary]) {
      for (const route of [
        `PUT /v1/users/activate/${secret}`,
        `PUT /v1/users/activat%65/${secret}?token=${secret}`,
        `GET /v1/users/activate/${secret}`,
        `PUT /v1/users/activate/${secret}/`,
        `PUT /users/activate/${secret}`,
        `GET /activate?token=${secret}`,
        `GET /activate/${secret}`,
        `POST /v1/invites/${secret}/accept`,
        `GET /v1/calendars/${secret}`,
        `POST /v1/mail/unsubscribe/${secret}`,
        `GET /unsubscribe?token=${secret}`,
        `POST /v1/users/activate/${secret}`,
        `PUT /v1/users/activate/%zz${secret}`,
      ])
        answers.push(await system.ask(route, { headers: { 'x-request-id': 'the-last-one' } }));
    }
    await eventually(
      () => system.logged.filter((line) => line.includes('the-last-one')).length >= answers.length - 3,
    );
    const entries = await system.sql<{ text: string }>(
      'SELECT to_jsonb(e)::text AS text FROM audit.entries e',
    );
    const told = answers.filter(({ status }) => [204, 404, 410].includes(status)).map(({ body }) => body);
    const everything = JSON.stringify([
      system.logged,
      entries,
      told.map(({ detail }) => detail),
      await (await fetch(`${system.addresses.apiUrl}/metrics`)).text(),
    ]);
    expect(everything).toContain('"url.path\\":\\"/v1/users/activate/:token');
    for (const secret of [token, canary]) expect(everything).not.toContain(secret);

    const { body } = await system.ask(`PUT /v1/users/activate/${token}`);
    expect(body).toMatchObject({ code: 'identity.link-expired', instance: '/v1/users/activate/:token' });
  });

  it('does nothing after three days', async () => {
    const { token, email } = await registered();
    const [link] = await system.sql<{ days: number }>(
      `SELECT round(extract(epoch FROM max(l.expires_at) - now()) / 86400)::int AS days
       FROM identity.activation_links l JOIN identity.users u ON u.id = l.user_id WHERE u.email = $1`,
      [email],
    );
    expect(link!.days).toBe(3);
    await system.sql('UPDATE identity.activation_links SET expires_at = now()');
    expect((await system.ask(`PUT /v1/users/activate/${token}`)).status).toBe(410);
  });

  it('does nothing once the code was used', async () => {
    const { email, code, token } = await registered();
    await system.ask('POST /v1/auth/verify', { body: { email, code } });
    expect((await system.ask(`PUT /v1/users/activate/${token}`)).status).toBe(410);
  });

  it('needs a button to be pressed: opening the link changes nothing', async () => {
    const { email, token } = await registered();
    const page = await system.ask(`GET /activate?token=${token}`);
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toMatch(/text\/html/);
    expect(page.headers['content-security-policy']).toMatch(/script-src 'sha256-/);
    const [user] = await system.sql<{ status: string }>(
      'SELECT status FROM identity.users WHERE email = $1',
      [email],
    );
    expect(user!.status).toBe('pending');
  });
});
