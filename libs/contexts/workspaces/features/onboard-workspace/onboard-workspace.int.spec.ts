import { enroll } from '@rookery/contexts/identity/testing';
import { type Person, privateSystem, race, sharedSystem } from '@rookery/testing';
import { onboard } from '../../testing';

const DRAFT = { name: 'Spring count', description: 'Who counts what.' };

describe('Creating a workspace', () => {
  const system = sharedSystem();
  let ada: Person;

  beforeAll(async () => {
    ada = await enroll(system);
  });

  const create = (body: object, { token }: Person = ada) =>
    system.ask('POST /v1/workspaces', { token, body });

  it('returns it with its version and location, and makes the creator its owner', async () => {
    const { status, headers, body } = await create(DRAFT);
    expect({ status, etag: headers.etag }).toEqual({ status: 201, etag: expect.stringMatching(/^"1-/) });
    expect(headers.location).toBe(`/v1/workspaces/${body.id}`);
    expect(body).toEqual({
      ...DRAFT,
      id: expect.any(String),
      personal: false,
      role: 'owner',
      membersCount: 1,
      joinedAt: body.createdAt,
      createdAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      updatedAt: body.createdAt,
      version: 1,
    });
    const read = await system.ask(`GET /v1/workspaces/${body.id}`, { token: ada.token });
    expect(read).toMatchObject({ status: 200, body, headers: { etag: headers.etag } });
  });

  it('raises events without its name', async () => {
    const { id } = await onboard(system, ada, { name: 'Unmistakable' });
    const events = await system.sql<{ type: string; data: object }>(
      `SELECT type, data FROM messaging.outbox WHERE subject = $1 OR data ->> 'workspaceId' = $1::text ORDER BY id`,
      [id],
    );
    expect(events).toEqual([
      { type: 'workspaces.workspace-created', data: { ownerId: ada.id, personal: false } },
      { type: 'workspaces.member-added', data: { workspaceId: id, userId: ada.id, role: 'owner' } },
    ]);
  });

  it.each([
    ['name', { name: 'x'.repeat(101) }],
    ['name', { name: '   ' }],
    ['name', { name: 'Win at evil.example.com' }],
    ['name', { description: 'Nameless' }],
    ['description', { name: 'Some', description: 'x'.repeat(501) }],
    ['personalOf', { name: 'Some', personalOf: 'me' }],
  ])('reports an invalid %s', async (path, body) => {
    expect(await create(body)).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: [{ path }] },
    });
  });
});

describe('The number of workspaces that somebody creates', () => {
  const system = privateSystem({ MAX_WORKSPACES_PER_USER: '2' });

  it('is limited, also for concurrent requests; the personal one does not count', async () => {
    const ada = await enroll(system);
    const create = () => system.ask('POST /v1/workspaces', { token: ada.token, body: DRAFT });
    const answers = await race(system, [create, create, create]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 201, 409]);
    expect(answers.find(({ status }) => status === 409)!.body.code).toBe('workspaces.too-many');
    const { body } = await system.ask('GET /v1/workspaces', { token: ada.token });
    expect(body.data).toHaveLength(3);

    const shared = body.data.find(({ personal }: { personal: boolean }) => !personal);
    await system.ask(`DELETE /v1/workspaces/${shared.id}`, { token: ada.token });
    expect((await create()).status).toBe(201);
  });
});
