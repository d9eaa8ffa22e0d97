import { enroll } from '@rookery/contexts/identity/testing';
import { ownTale, requestTale, taleIs } from '@rookery/contexts/tales/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

describe('Trying a tale again', () => {
  const system = sharedSystem();
  let ada: Person;
  let failed: string;

  beforeEach(async () => {
    ada = await enroll(system);
    failed = await failedOne();
  });

  const failedOne = async () =>
    (await ownTale({ system, people: { owner: ada } } as Parameters<typeof ownTale>[0])).path!.id!;
  const retry = (id: string, who = ada) => system.ask(`POST /v1/tales/${id}/retry`, { token: who.token });

  it('writes and mails it', async () => {
    expect(await retry(failed)).toMatchObject({ status: 202, body: { id: failed, status: 'requested' } });
    const tale = await taleIs(system, ada, failed, 'ready');
    expect(tale).not.toHaveProperty('failure');
    await system.inbox.latest(ada.email, /Your story is ready/);
  });

  it('is refused unless it has failed', async () => {
    const id = await requestTale(system, ada);
    expect(await retry(id)).toMatchObject({ status: 409, body: { code: 'tales.not-failed' } });
  });

  it('is accepted once of several at once', async () => {
    const answers = await race(system, [() => retry(failed), () => retry(failed)]);
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([202, 409]);
    await taleIs(system, ada, failed, 'ready');
  });

  it('counts among the three that may be unfinished', async () => {
    const others = [failed, await failedOne(), await failedOne(), await failedOne()];
    const answers = await race(
      system,
      others.map((id) => () => retry(id)),
      { inOrder: false },
    );
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([202, 202, 202, 409]);
    expect(answers.find(({ status }) => status === 409)!.body.code).toBe('tales.too-many-active');
  });

  it('is possible only for its reader', async () => {
    expect((await retry(failed, await enroll(system))).status).toBe(404);
  });
});
