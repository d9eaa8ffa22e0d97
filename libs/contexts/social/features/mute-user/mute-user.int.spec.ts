import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

describe('Muting a user', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const ask = (method: 'PUT' | 'DELETE', id: string) =>
    system.ask(`${method} /v1/users/${id}/mute`, { token: ada.token });
  const told = async () =>
    (
      await system.sql<{ type: string }>(
        `SELECT type FROM messaging.outbox WHERE data ->> 'userId' = $1 AND data ->> 'otherId' = $2 ORDER BY id`,
        [ada.id, bob.id],
      )
    ).map(({ type }) => type);

  it('is done and undone, once each, however often it is said', async () => {
    expect((await ask('DELETE', bob.id)).status).toBe(204);
    for (const method of ['PUT', 'PUT', 'DELETE', 'DELETE'] as const) {
      expect(await ask(method, bob.id)).toMatchObject({ status: 204, body: '' });
    }
    expect(await told()).toEqual(['social.user-muted', 'social.user-unmuted']);
  });

  it('leaves the follow as it is', async () => {
    await system.ask(`PUT /v1/users/${bob.id}/follow`, { token: ada.token });
    await ask('PUT', bob.id);
    const { body } = await system.ask(`GET /v1/users/${ada.id}/following`, { token: ada.token });
    expect(body.data).toEqual([expect.objectContaining({ id: bob.id })]);
  });

  it('is done once, at however many places it is said', async () => {
    const answers = await race(
      system,
      Array.from({ length: 5 }, () => () => ask('PUT', bob.id)),
    );
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 204, 204]);
    expect(await told()).toEqual(['social.user-muted']);
  });

  it('rejects oneself, and returns 404 for an unknown user or a malformed id', async () => {
    for (const method of ['PUT', 'DELETE'] as const) {
      expect(await ask(method, ada.id)).toMatchObject({ status: 422, body: { code: 'social.self' } });
      for (const id of [newId(), 'nobody']) {
        expect(await ask(method, id)).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
      }
    }
  });
});
