import { enroll } from '@rookery/contexts/identity/testing';
import { newId } from '@rookery/domain';
import { eventually, type Person, sharedSystem } from '@rookery/testing';

/** What makes, or changes, something that works without the session in which it was asked for. */
const OUTLIVING = [
  'addMember',
  'changeEmail',
  'changePassword',
  'updateMember',
  'createApiKey',
  'createCalendarFeed',
  'createWebhook',
  'initiateTotp',
  'inviteMember',
  'regenerateRecoveryCodes',
  'rotateWebhookSecret',
  'setUserRole',
  'subscribePush',
  'updateWebhook',
  'verifyTotp',
];

type Paths = Record<string, Record<string, { operationId: string; 'x-outlives-session'?: boolean }>>;

describe('Access that outlives a session', () => {
  const system = sharedSystem();
  let routes: Map<string, string>;

  beforeAll(async () => {
    const { body } = await system.ask('GET /v1/openapi.json');
    const operations = Object.entries(body.paths as Paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    routes = new Map(
      operations
        .filter(({ operation }) => operation['x-outlives-session'])
        .map(({ path, method, operation }) => [
          operation.operationId,
          `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, newId())}`,
        ]),
    );
  });

  /** Has a session believed for some seconds. */
  async function cached({ token }: Person): Promise<void> {
    const { iat } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
    // What was read in the second of a token is not believed for it.
    await eventually(() => Date.now() > (iat + 1) * 1_000);
    expect((await system.ask('GET /v1/me', { token })).status).toBe(200);
  }

  it('is declared by the routes that make it', () => {
    expect([...routes.keys()]).toEqual(expect.arrayContaining(OUTLIVING));
  });

  it('cannot be created in an ended session, from the first request on', async () => {
    const made: string[] = [];
    const people = await Promise.all(Array.from(routes, () => enroll(system)));
    for (const [index, [id, route]] of [...routes].entries()) {
      const person = people[index]!;
      await cached(person);
      // As another process does it: this one is not told.
      await system.sql('UPDATE identity.sessions SET revoked_at = now() WHERE user_id = $1', [person.id]);
      const { status } = await system.ask(route, { token: person.token, body: {} });
      if (status !== 401) made.push(`${id}: ${status}`);
    }
    expect(made).toEqual([]);
  });

  it('is not made with an API key that has ended', async () => {
    const owner = await enroll(system);
    const { body } = await system.ask('POST /v1/me/api-keys', {
      token: owner.token,
      body: { name: 'Pipeline', scopes: ['read', 'write'] },
    });
    expect((await system.ask('GET /v1/me', { token: body.key })).status).toBe(200);
    await system.sql('UPDATE identity.api_keys SET revoked_at = now() WHERE user_id = $1', [owner.id]);
    expect((await system.ask(routes.get('createWebhook')!, { token: body.key, body: {} })).status).toBe(401);
  });
});
