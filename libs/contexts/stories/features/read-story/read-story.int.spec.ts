import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { block, leave } from '@rookery/contexts/social/testing';
import { endDay, follow, highlight, publishStory } from '@rookery/contexts/stories/testing';
import { type Answer, type Person, sharedSystem } from '@rookery/testing';

/** What somebody can do with a story that they see. `bodied` routes write. */
const ROUTES: Record<string, { ask: string; body?: object; ok: number }> = {
  getStory: { ask: 'GET /v1/stories/{id}', ok: 200 },
  viewStory: { ask: 'POST /v1/stories/{id}/view', ok: 204 },
  reactToStory: { ask: 'POST /v1/stories/{id}/reactions', body: { emoji: '🔥' }, ok: 201 },
  removeReaction: { ask: `DELETE /v1/stories/{id}/reactions/${encodeURIComponent('😂')}`, ok: 204 },
  listReplies: { ask: 'GET /v1/stories/{id}/replies', ok: 200 },
  replyToStory: { ask: 'POST /v1/stories/{id}/replies', body: { text: 'Here too!' }, ok: 201 },
};

describe('A story that the caller cannot see', () => {
  const system = sharedSystem();
  let ada: Person;
  let friend: Person;
  let stranger: Person;

  beforeEach(async () => {
    [ada, friend, stranger] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
    await follow(system, friend, ada);
  });

  const use = (name: string, { token }: Person, id: string): Promise<Answer> =>
    system.ask(ROUTES[name]!.ask.replace('{id}', id), { token, body: ROUTES[name]!.body });
  const verify = async (who: Person, id: string, sees: boolean) => {
    for (const [name, { ok }] of Object.entries(ROUTES)) {
      const { status, body } = await use(name, who, id);
      expect([name, status, status === ok ? null : body.code]).toEqual(
        sees ? [name, ok, null] : [name, 404, 'resource.not-found'],
      );
    }
  };

  it('returns 404: a friends story, for others', async () => {
    const { id } = await publishStory(system, ada, { visibility: 'friends' });
    await verify(friend, id, true);
    await verify(stranger, id, false);
    await system.ask(`DELETE /v1/users/${ada.id}/follow`, { token: friend.token });
    await verify(friend, id, false);
    await follow(system, stranger, ada);
    await verify(stranger, id, true);
  });

  it('returns 404: a story with an audience, for other friends and for non-followers in the audience', async () => {
    const other = await enroll(system);
    await follow(system, other, ada);
    const audienceUserIds = [friend.id, stranger.id];
    const { id } = await publishStory(system, ada, { visibility: 'friends', audienceUserIds });
    await verify(friend, id, true);
    await verify(other, id, false);
    await verify(stranger, id, false);
  });

  it('returns 404: a private story, for everybody but its author', async () => {
    const { id } = await publishStory(system, ada, { visibility: 'private' });
    await verify(ada, id, true);
    await verify(friend, id, false);
  });

  it('returns 404 immediately after a block in either direction', async () => {
    const { id } = await publishStory(system, ada);
    await verify(friend, id, true);
    expect((await system.ask(`PUT /v1/users/${friend.id}/block`, { token: ada.token })).status).toBe(204);
    expect((await use('getStory', friend, id)).status).toBe(404);
    await verify(friend, (await publishStory(system, ada)).id, false);
    await verify(stranger, id, true);
    await block(system, stranger, ada);
    expect((await use('getStory', stranger, id)).status).toBe(404);
  });

  it('returns 404 from the expiry time, before a worker has processed it', async () => {
    const { id } = await publishStory(system, ada);
    await system.sql(`UPDATE stories.stories SET expires_at = now() + interval '1 hour' WHERE id = $1`, [id]);
    await verify(friend, id, true);
    await endDay(system, id);
    for (const who of [ada, friend]) expect((await use('getStory', who, id)).status).toBe(404);
    const fresh = await publishStory(system, ada);
    await endDay(system, fresh.id);
    await verify(friend, fresh.id, false);
  });

  it('remains visible to its audience after it expires, while it is highlighted', async () => {
    const { id } = await publishStory(system, ada, { visibility: 'friends' });
    await highlight(system, ada, [id]);
    await endDay(system, id);
    await verify(friend, id, true);
    await verify(stranger, id, false);
  });

  it('returns 404 after the story or its author was deleted', async () => {
    const { id } = await publishStory(system, ada);
    expect((await system.ask(`DELETE /v1/stories/${id}`, { token: ada.token })).status).toBe(204);
    await verify(friend, id, false);
    const { id: other } = await publishStory(system, ada);
    await leave(system, ada);
    await verify(friend, other, false);
  });

  it('returns the same response as a nonexistent story', async () => {
    const { id } = await publishStory(system, ada, { visibility: 'private' });
    for (const name of Object.keys(ROUTES)) {
      const [hidden, unknown] = [await use(name, stranger, id), await use(name, stranger, newId())];
      expect({ ...hidden.body, instance: '', traceId: '' }).toEqual({
        ...unknown.body,
        instance: '',
        traceId: '',
      });
    }
  });
});
