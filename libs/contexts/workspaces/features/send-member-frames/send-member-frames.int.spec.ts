import { enroll } from '@rookery/contexts/identity/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';
import { gather, personalOf } from '../../testing';

describe('Frames about members', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let eve: Person;

  beforeEach(async () => {
    [ada, bob, eve] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
  });

  const framesOf = ({ id }: Person) =>
    system.sql<{ type: string; payload: object }>(
      `SELECT type, payload FROM realtime.frames WHERE user_id = $1 AND type LIKE 'workspace.%' ORDER BY seq`,
      [id],
    );
  /** Waits until the frames about all changes in a workspace are sent. */
  const told = (workspaceId: string) =>
    eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.outbox o LEFT JOIN messaging.event_delivery d ON d.event_id = o.event_id
         WHERE (o.subject = $1 OR o.data ->> 'workspaceId' = $1::text)
           AND (o.published_at IS NULL OR d.state = 'pending')`,
        [workspaceId],
      );
      expect(open).toEqual([]);
    });

  it('are sent to all members when a user joins, including that user', async () => {
    const workspaceId = await gather(system, ada);
    await told(workspaceId);
    await system.ask(`POST /v1/workspaces/${workspaceId}/members`, {
      token: ada.token,
      body: { userId: bob.id, role: 'guest' },
    });
    await told(workspaceId);
    const frame = { type: 'workspace.member-added', payload: { workspaceId, userId: bob.id, role: 'guest' } };
    expect(await framesOf(ada)).toEqual([frame]);
    expect(await framesOf(bob)).toEqual([frame]);
    expect(await framesOf(eve)).toEqual([]);
  });

  it('are sent to the remaining members when a user leaves, and no longer to that user', async () => {
    const workspaceId = await gather(system, ada, [
      [bob, 'member'],
      [eve, 'guest'],
    ]);
    await told(workspaceId);
    const before = await framesOf(bob);
    await system.ask(`DELETE /v1/workspaces/${workspaceId}/members/${bob.id}`, { token: ada.token });
    await system.ask(`DELETE /v1/workspaces/${workspaceId}/members/${eve.id}`, { token: eve.token });
    await told(workspaceId);
    expect(await framesOf(bob)).toEqual(before);
    const left = (await framesOf(ada)).filter(({ type }) => type === 'workspace.member-removed');
    expect(left.map(({ payload }) => payload)).toEqual(
      expect.arrayContaining([bob, eve].map(({ id: userId }) => ({ workspaceId, userId }))),
    );
    expect(left).toHaveLength(2);
  });

  it('are not sent about a personal workspace', async () => {
    const personal = await personalOf(system, ada);
    await told(personal);
    expect(await framesOf(ada)).toEqual([]);
  });
});
