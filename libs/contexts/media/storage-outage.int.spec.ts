import { library, png, presign, processed, send, upload } from '@rookery/contexts/media/testing';
import { signUp } from '@rookery/contexts/identity/testing';
import { eventually, type Person, privateSystem } from '@rookery/testing';

const PDF = Buffer.from('%PDF-1.7\nA contract.\n');

describe('Without the object storage', () => {
  // A fast machine requests more than fifty until the storage is asked again.
  const system = privateSystem({ MEDIA_MAX_UNUSED_UPLOADS: '1000' });
  let ada: Person;

  beforeAll(async () => {
    ada = await signUp(system);
  });

  const health = async () => (await system.ask('GET /healthz')).body;

  it('only requesting and verifying uploads fails, with 503, and comes back without a restart', async () => {
    const ready = await upload(system, ada, PDF, 'application/pdf');
    await library(system, ada).verify(ready);
    const unverified = await upload(system, ada, PDF, 'application/pdf');
    const image = await upload(system, ada, png());
    expect((await health()).dependencies.storage).toMatchObject({ status: 'up' });

    await system.stopStorage();
    // It was there a moment ago, which is believed for two seconds.
    const refused = await eventually(async () => {
      const answer = await presign(system, ada, PDF, 'application/pdf');
      return answer.status === 503 && answer;
    });
    expect(refused).toMatchObject({ body: { code: 'media.unavailable' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    await expect(library(system, ada).verify(unverified)).rejects.toThrow(/media storage does not respond/);
    // What needs no storage works: readiness, other routes, links, uses and their ends.
    expect((await system.ask('GET /readyz')).status).toBe(200);
    expect(await health()).toMatchObject({
      status: 'degraded',
      dependencies: { storage: { status: 'down' } },
    });
    expect((await system.ask('GET /v1/me', { token: ada.token })).status).toBe(200);
    await library(system, ada).attach(ready, 'suite:use');
    expect(Object.keys(await library(system, ada).urlsOf(ready))).toEqual([ready]);
    await library(system, ada).detach(ready, 'suite:use');

    await system.startStorage();
    const again = await eventually(async () => {
      const answer = await presign(system, ada, PDF, 'application/pdf');
      return answer.status === 201 && answer;
    });
    expect(await send(again, PDF)).toBe(200);
    await library(system, ada).verify(unverified);
    await library(system, ada).verify(image, 'image');
    await processed(system, image);
    await eventually(async () => (await health()).dependencies.storage.status === 'up');
    // What was to be removed meanwhile is removed now.
    await eventually(async () => {
      const removed = await system.sql(
        `SELECT 1 FROM messaging.outbox WHERE subject = $1 AND type = 'media.object-removed'`,
        [ready.slice('uploads/'.length)],
      );
      return removed.length === 1;
    });
  });
});

describe('With no object storage configured', () => {
  const system = privateSystem({ S3_ENDPOINT: '' });

  it('uploads are refused, health says why, and the rest works', async () => {
    const ada = await signUp(system);
    expect(await presign(system, ada, PDF, 'application/pdf')).toMatchObject({
      status: 503,
      body: { code: 'media.unavailable' },
    });
    const { body } = await system.ask('GET /healthz');
    expect(body.dependencies.storage).toMatchObject({ status: 'degraded', detail: /no storage/ });
    expect((await system.ask('GET /readyz')).status).toBe(200);
  });
});
