import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { contexts } from '@rookery/contexts';
import { Authenticator, PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { createWebhook, type Received, Receiver } from '@rookery/contexts/webhooks/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import type { Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { Webhook as StandardWebhook } from 'standardwebhooks';

const RUNBOOK = readFileSync(join(__dirname, '../docs/runbooks/replace-master-key.md'), 'utf8');
const OTHER_KEY = Buffer.alloc(32, 'another master key').toString('base64');

describe('After the master key was replaced as the runbook says', () => {
  const system = ownSystem(contexts);
  let receiver: Receiver;
  let api: NestFastifyApplication;
  let ada: Person;
  let bob: Person;
  let authenticator: Authenticator;
  let refreshToken: string;
  let resetToken: string;
  let inviteToken: string;
  let webhookId: string;
  let apiKey: string;

  beforeAll(async () => {
    receiver = await Receiver.start();
    [ada, bob] = await Promise.all([signUp(system), signUp(system)]);
    const signedIn = await system.ask('POST /v1/auth/login', {
      body: { email: bob.email, password: PASSWORD },
    });
    ({ refreshToken } = signedIn.body);
    await system.ask('POST /v1/auth/password/forgot', { body: { email: bob.email } });
    resetToken = tokenIn((await system.inbox.latest(bob.email, /Set a new Rookery password/)).text);
    const room = await gather(system, ada);
    await system.ask(`POST /v1/workspaces/${room}/invites`, {
      token: ada.token,
      body: { email: bob.email, role: 'member' },
    });
    inviteToken = tokenIn((await system.inbox.latest(bob.email, /invite/i)).text);
    webhookId = (await createWebhook(system, bob, { url: receiver.url })).id;
    apiKey = (
      await system.ask('POST /v1/me/api-keys', { token: bob.token, body: { name: 'CI', scopes: ['read'] } })
    ).body.key;
    authenticator = await Authenticator.enroll(system, ada);
    await Promise.all([system.api.close(), system.worker.close()]);
    process.env.MASTER_KEY = OTHER_KEY;
    for (const [, sql] of RUNBOOK.matchAll(/```sql\n([\s\S]*?)```/g)) await system.sql(sql!);
    api = await system.startApi();
    await system.startWorker();
  });
  afterAll(() => receiver.stop());

  const tokenIn = (text: string) => /token=([\w-]+)/.exec(text)![1]!;

  /** Sends a request to the api with the new key. */
  async function ask(route: string, { token, body }: { token?: string; body?: object } = {}) {
    const [method, url] = route.split(' ') as ['GET', string];
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await api.inject({ method, url, headers, ...(body && { payload: body }) });
    return { status: response.statusCode, body: response.body === '' ? undefined : response.json() };
  }
  const logIn = async ({ email }: Person) =>
    (await ask('POST /v1/auth/login', { body: { email, password: PASSWORD } })).body;

  it('every session is over', async () => {
    expect(await ask('GET /v1/me', { token: bob.token })).toMatchObject({ status: 401 });
    expect(await ask('POST /v1/auth/refresh', { body: { refreshToken } })).toMatchObject({ status: 401 });
    const { accessToken } = await logIn(bob);
    const { body } = await ask('GET /v1/auth/sessions', { token: accessToken });
    expect(body.data).toHaveLength(1);
  });

  it('links and invites that were sent before are invalid', async () => {
    const password = 'an entirely new secret';
    const reset = await ask('POST /v1/auth/password/reset', { body: { token: resetToken, password } });
    expect(reset).toMatchObject({ status: 410 });
    const { accessToken } = await logIn(bob);
    const accepted = await ask(`POST /v1/invites/${inviteToken}/accept`, { token: accessToken });
    expect(accepted).toMatchObject({ status: 404 });
  });

  it('API keys stay valid, because they do not depend on it', async () => {
    expect(await ask('GET /v1/me', { token: apiKey })).toMatchObject({ status: 200 });
  });

  it('an authenticator app matches no more, but a recovery code signs in, and the app can be removed', async () => {
    const { mfaToken } = await logIn(ada);
    const code = await authenticator.code();
    expect(await ask('POST /v1/auth/mfa', { body: { mfaToken, code } })).toMatchObject({
      status: 401,
      body: { code: 'identity.code-invalid' },
    });
    const [recoveryCode] = authenticator.recoveryCodes;
    const { status, body } = await ask('POST /v1/auth/mfa', { body: { mfaToken, recoveryCode } });
    expect(status).toBe(200);
    expect(await ask('DELETE /v1/auth/totp', { token: body.accessToken })).toMatchObject({ status: 204 });
    expect(await logIn(ada)).toMatchObject({ accessToken: expect.any(String) });
  });

  it('webhooks are disabled until their owners rotate the secret', async () => {
    const { accessToken: token } = await logIn(bob);
    const path = `/v1/webhooks/${webhookId}`;
    expect((await ask(`GET ${path}`, { token })).body).toMatchObject({
      active: false,
      disabledReason: 'access-reset',
    });
    const { status, body } = await ask(`POST ${path}/rotate-secret`, { token });
    expect(status).toBe(200);
    expect(await ask(`POST ${path}/ping`, { token })).toMatchObject({ status: 202 });
    const [{ body: sent, headers }] = (await receiver.has(1)) as [Received];
    new StandardWebhook(body.secret).verify(sent, headers as Record<string, string>);
  });
});
