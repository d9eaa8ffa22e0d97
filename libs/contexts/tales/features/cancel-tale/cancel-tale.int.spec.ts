import { enroll } from '@rookery/contexts/identity/testing';
import { ownTale, readTale, requestTale, settled, storyMails, taleIs } from '@rookery/contexts/tales/testing';
import { eventually, type Person, race, sharedSystem } from '@rookery/testing';

describe('Canceling a tale', () => {
  const system = sharedSystem();
  let ada: Person;

  beforeEach(async () => {
    ada = await enroll(system);
  });

  const cancel = (id: string, who = ada) => system.ask(`DELETE /v1/tales/${id}`, { token: who.token });
  const deliveries = (id: string) =>
    system.sql<{ subscriber: string; state: string }>(
      'SELECT subscriber, state FROM messaging.event_delivery WHERE subject = $1 ORDER BY subscriber',
      [id],
    );

  it('stops the generation, deletes the text, and sends no mail', async () => {
    const id = await requestTale(system, ada, { length: 'long' });
    await eventually(async () => (await readTale(system, ada, id)).content !== undefined);
    expect((await cancel(id)).status).toBe(204);
    const tale = await readTale(system, ada, id);
    expect(tale).toMatchObject({ status: 'cancelled', finishedAt: expect.any(String) });
    expect(tale).not.toHaveProperty('content');
    // The writer is done before another one writes a story as long, which it began to write later.
    const bob = await enroll(system);
    const other = await requestTale(system, bob, { length: 'long' });
    await eventually(async () => {
      const writing = (await deliveries(id)).find(({ subscriber }) => subscriber === 'tales.generate-tale');
      return writing!.state === 'done';
    });
    expect((await readTale(system, bob, other)).status).not.toBe('ready');
    await settled(system, id);
    expect((await deliveries(id)).map(({ subscriber }) => subscriber)).not.toContain('tales.send-tale-mail');
    expect(await readTale(system, ada, id)).toEqual(tale);
    expect(await storyMails(system, ada)).toEqual([]);
  });

  it('changes nothing when it is repeated', async () => {
    const id = await requestTale(system, ada);
    await cancel(id);
    const tale = await readTale(system, ada, id);
    expect((await cancel(id)).status).toBe(204);
    expect(await readTale(system, ada, id)).toEqual(tale);
  });

  it('is refused when it is finished', async () => {
    const ready = await requestTale(system, ada);
    await taleIs(system, ada, ready, 'ready');
    const failed = await ownTale({ system, people: { owner: ada } } as Parameters<typeof ownTale>[0]);
    for (const id of [ready, failed.path!.id!])
      expect(await cancel(id)).toMatchObject({ status: 409, body: { code: 'tales.not-active' } });
  });

  it('happens once for several concurrent requests', async () => {
    const id = await requestTale(system, ada, { length: 'long' });
    const [first, second] = await race(system, [() => cancel(id), () => cancel(id)]);
    expect([first!.status, second!.status]).toEqual([204, 204]);
    const events = await system.sql(
      `SELECT 1 FROM messaging.outbox WHERE subject = $1 AND type = 'tales.tale-cancelled'`,
      [id],
    );
    expect(events).toHaveLength(1);
  });

  it('is possible only for its reader', async () => {
    const id = await requestTale(system, ada);
    expect(await cancel(id, await enroll(system))).toMatchObject({ status: 404 });
    expect((await readTale(system, ada, id)).status).not.toBe('cancelled');
  });
});
