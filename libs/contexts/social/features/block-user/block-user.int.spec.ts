import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { eventually, type Person, race, sharedSystem } from '@rookery/testing';

describe('Blocking a user', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const ask = (who: Person, method: 'PUT' | 'DELETE', wish: string, id: string) =>
    system.ask(`${method} /v1/users/${id}/${wish}`, { token: who.token });
  const follow = (who: Person, whom: Person) => ask(who, 'PUT', 'follow', whom.id);
  const block = (who: Person, whom: Person) => ask(who, 'PUT', 'block', whom.id);
  const unblock = (who: Person, whom: Person) => ask(who, 'DELETE', 'block', whom.id);
  const told = async (who: Person, whom: Person) =>
    (
      await system.sql<{ type: string }>(
        `SELECT type FROM messaging.outbox WHERE data ->> 'userId' = $1 AND data ->> 'otherId' = $2 ORDER BY id`,
        [who.id, whom.id],
      )
    ).map(({ type }) => type.replace('social.user-', ''));
  const relationships = async (who: Person, whom: Person) => {
    const [row = { follows: false, blocks: false }] = await system.sql<{ follows: boolean; blocks: boolean }>(
      `SELECT followed_at IS NOT NULL AS follows, blocked_at IS NOT NULL AS blocks
       FROM social.relationships WHERE user_id = $1 AND other_id = $2`,
      [who.id, whom.id],
    );
    return row;
  };

  it('ends the follow in both directions, and raises events', async () => {
    await follow(ada, bob);
    await follow(bob, ada);
    expect(await block(ada, bob)).toMatchObject({ status: 204, body: '' });
    expect(await relationships(ada, bob)).toEqual({ follows: false, blocks: true });
    expect(await relationships(bob, ada)).toEqual({ follows: false, blocks: false });
    expect(await told(ada, bob)).toEqual(['followed', 'unfollowed', 'blocked']);
    expect(await told(bob, ada)).toEqual(['followed', 'unfollowed']);
  });

  it('lets neither follow the other, and gives only the blocker the reason', async () => {
    await block(ada, bob);
    expect(await follow(ada, bob)).toMatchObject({ status: 422, body: { code: 'social.blocked' } });
    expect(await follow(bob, ada)).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
  });

  it('is undone, but for the follows that it ended', async () => {
    await follow(bob, ada);
    await block(ada, bob);
    expect(await unblock(ada, bob)).toMatchObject({ status: 204, body: '' });
    expect(await told(ada, bob)).toEqual(['blocked', 'unblocked']);
    expect(await relationships(bob, ada)).toEqual({ follows: false, blocks: false });
    expect(await follow(bob, ada)).toMatchObject({ status: 204 });
  });

  it('changes nothing if repeated', async () => {
    for (let time = 0; time < 2; time += 1) expect((await block(ada, bob)).status).toBe(204);
    for (let time = 0; time < 2; time += 1) expect((await unblock(ada, bob)).status).toBe(204);
    expect(await told(ada, bob)).toEqual(['blocked', 'unblocked']);
  });

  it('is possible for the blocked user, too, and can be undone by both', async () => {
    await block(ada, bob);
    expect((await block(bob, ada)).status).toBe(204);
    expect((await unblock(ada, bob)).status).toBe(204);
    expect((await ask(ada, 'PUT', 'follow', bob.id)).status).toBe(404);
    expect((await unblock(bob, ada)).status).toBe(204);
    expect((await ask(ada, 'PUT', 'follow', bob.id)).status).toBe(204);
  });

  it('is undone by each of two who have blocked each other, although the other does not exist for them', async () => {
    await block(ada, bob);
    await block(bob, ada);
    for (let time = 0; time < 2; time += 1) expect((await unblock(bob, ada)).status).toBe(204);
  });

  it('lets the blocked user end their own relationships, repeatedly', async () => {
    await ask(bob, 'PUT', 'mute', ada.id);
    await block(ada, bob);
    for (const wish of ['mute', 'mute', 'follow', 'block']) {
      expect((await ask(bob, 'DELETE', wish, ada.id)).status).toBe(204);
    }
    for (const wish of ['mute', 'follow']) {
      const answer = await ask(bob, 'PUT', wish, ada.id);
      expect(answer).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
    }
  });

  it('shows the blocked user only that the other does not exist', async () => {
    await block(ada, bob);
    for (const method of ['DELETE', 'PUT'] as const) {
      for (const wish of ['mute', 'follow', ...(method === 'DELETE' ? ['block'] : [])]) {
        const [hidden, unknown] = [
          await ask(bob, method, wish, ada.id),
          await ask(bob, method, wish, newId()),
        ];
        expect(hidden).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
        const { status, body } = unknown;
        expect([hidden.status, Object.keys(hidden.body), hidden.body.detail]).toEqual([
          status,
          Object.keys(body),
          body.detail,
        ]);
      }
    }
  });

  it('rejects oneself, and returns 404 for an unknown user or a malformed id', async () => {
    for (const method of ['PUT', 'DELETE'] as const) {
      const self = await ask(ada, method, 'block', ada.id);
      expect(self).toMatchObject({ status: 422, body: { code: 'social.self' } });
      for (const id of [newId(), 'nobody']) {
        const answer = await ask(ada, method, 'block', id);
        expect(answer).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
      }
    }
  });

  it('is undone when the other has deleted its account', async () => {
    await block(ada, bob);
    expect((await system.ask('DELETE /v1/me', { token: bob.token })).status).toBe(202);
    await eventually(async () => (await follow(ada, bob)).status === 404);
    expect((await unblock(ada, bob)).status).toBe(204);
  });

  describe('at the same time', () => {
    it('as the other begins to follow, leaves no follow', async () => {
      const answers = await race(system, [() => follow(bob, ada), () => block(ada, bob)]);
      expect([204, 404]).toContain(answers[0]!.status);
      expect(answers[1]!.status).toBe(204);
      expect(await relationships(bob, ada)).toEqual({ follows: false, blocks: false });
      expect(await relationships(ada, bob)).toEqual({ follows: false, blocks: true });
    });

    it('as the user itself begins to follow, leaves no follow', async () => {
      const answers = await race(system, [() => follow(ada, bob), () => block(ada, bob)]);
      expect([204, 422]).toContain(answers[0]!.status);
      expect(answers[1]!.status).toBe(204);
      expect(await relationships(ada, bob)).toEqual({ follows: false, blocks: true });
    });

    it('while the other user blocks too, ends both follows without a deadlock', async () => {
      expect((await follow(ada, bob)).status).toBe(204);
      expect((await follow(bob, ada)).status).toBe(204);
      const answers = await race(system, [() => block(ada, bob), () => block(bob, ada)]);
      expect(answers.map(({ status }) => status)).toEqual([204, 204]);
      expect(await relationships(ada, bob)).toEqual({ follows: false, blocks: true });
      expect(await relationships(bob, ada)).toEqual({ follows: false, blocks: true });
      expect((await told(ada, bob)).sort()).toEqual(['blocked', 'followed', 'unfollowed']);
    });

    it('at several places is done once', async () => {
      const answers = await race(
        system,
        Array.from({ length: 5 }, () => () => block(ada, bob)),
      );
      expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 204, 204]);
      expect(await told(ada, bob)).toEqual(['blocked']);
    });
  });
});
