import { enroll } from '@rookery/contexts/identity/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';
import { gather, onboard, personalOf } from '../../testing';

describe('Changing a workspace', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let eve: Person;

  beforeAll(async () => {
    [ada, bob, eve] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
  });

  const change = ({ token }: Person, id: string, body: object, ifMatch = '*') =>
    system.ask(`PATCH /v1/workspaces/${id}`, {
      token,
      body,
      ...(ifMatch !== '' && { headers: { 'if-match': ifMatch } }),
    });

  it('returns it with its new version, and removes a description with null', async () => {
    const created = await onboard(system, ada, { description: 'Who counts what.' });
    const renamed = await change(ada, created.id, { name: 'Autumn count' }, '"1"');
    expect(renamed).toMatchObject({ status: 200, headers: { etag: expect.stringMatching(/^"2-/) } });
    expect(renamed.body).toEqual({
      ...created,
      name: 'Autumn count',
      version: 2,
      updatedAt: expect.any(String),
    });
    const emptied = await change(ada, created.id, { description: null }, '"2"');
    expect(emptied.body).toMatchObject({ name: 'Autumn count', description: null, version: 3 });
  });

  it('creates no new version for unchanged content', async () => {
    const created = await onboard(system, ada);
    for (const same of [{}, { name: created.name, description: null }])
      expect(await change(ada, created.id, same, '"1"')).toMatchObject({ status: 200, body: created });
  });

  it('creates no new version when members join, so that cached versions stay valid', async () => {
    const created = await onboard(system, ada);
    await system.ask(`POST /v1/workspaces/${created.id}/members`, {
      token: ada.token,
      body: { userId: bob.id, role: 'member' },
    });
    expect(await change(ada, created.id, { name: 'Renamed' }, '"1"')).toMatchObject({
      status: 200,
      body: { membersCount: 2, version: 2 },
    });
  });

  it('checks in this order: 404, 403, version', async () => {
    const id = await gather(system, ada, [[bob, 'member']]);
    expect((await change(eve, id, { name: 'Mine' }, '')).status).toBe(404);
    expect((await change(bob, id, { name: 'Mine' }, '')).body.code).toBe('auth.forbidden');
    expect((await change(ada, id, { name: 'Mine' }, '')).body.code).toBe('precondition.required');
    const stale = await change(ada, id, { name: 'Mine' }, '"7"');
    expect(stale).toMatchObject({ status: 412, headers: { etag: '"1"' } });
  });

  it('is possible for a personal workspace', async () => {
    const id = await personalOf(system, ada);
    expect((await change(ada, id, { name: 'Mine' })).body).toMatchObject({ name: 'Mine', personal: true });
  });

  it('accepts one of two concurrent changes of a version', async () => {
    const { id } = await onboard(system, ada);
    const answers = await race(
      system,
      ['One', 'Other'].map((name) => () => change(ada, id, { name }, '"1"')),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412]);
  });

  it('is refused to an owner who loses the role at the same time', async () => {
    const id = await gather(system, ada, [[bob, 'owner']]);
    const [demoted, changed] = await race(system, [
      () =>
        system.ask(`PATCH /v1/workspaces/${id}/members/${bob.id}`, {
          token: ada.token,
          body: { role: 'member' },
        }),
      () => change(bob, id, { name: 'Mine' }),
    ]);
    expect([demoted!.status, changed!.status]).toEqual([200, 403]);
  });
});
