import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { library, presign, processed, send, upload } from '@rookery/contexts/media/testing';
import { eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { SilentProxy } from '@rookery/testing/proxy';

/** Whatever a request depends on, it is answered within that time. */
const MAX_ANSWER_MS = 5_000;
/** Less than what it waits for the storage; more than it takes to be refused because of a recent failure. */
const WAITED_MS = 1_500;
const PDF = Buffer.from('%PDF-1.7\nA contract.\n');

describe('When the object storage accepts connections and never answers', () => {
  let proxy: SilentProxy;
  const system = ownSystem(
    contexts,
    // Nothing uses those that are accepted until the storage is asked again: a fast machine gets more than fifty.
    { MEDIA_MAX_UNUSED_UPLOADS: '1000' },
    {
      async storage(url) {
        const before = await SilentProxy.before(url);
        proxy = before.proxy;
        return before.url.replace(/\/$/, '');
      },
    },
  );
  let ada: Person;

  beforeAll(async () => {
    ada = await enroll(system);
  });
  afterAll(() => proxy?.stop());

  const request = () => presign(system, ada, PDF, 'application/pdf');

  it('uploads are rejected within the wait budget, everything else works, and uploads recover', async () => {
    const image = await upload(system, ada);
    proxy.hang();
    // It was there a moment ago, which is believed for two seconds. One that has waited is looked for until it was
    // refused in time, so that the limit is what is measured, and not how busy the machine is.
    const { refused, others } = await eventually(async () => {
      const began = performance.now();
      const answer = request();
      const rest = await Promise.all([
        system.ask('GET /v1/me', { token: ada.token }),
        system.ask('GET /v1/feed', { token: ada.token }),
        system.ask('GET /readyz'),
      ]);
      const { status, body } = await answer;
      const tookMs = performance.now() - began;
      const isInTime = tookMs > WAITED_MS && tookMs < MAX_ANSWER_MS;
      return status === 503 && isInTime && { refused: body, others: rest };
    });
    expect(refused).toMatchObject({ code: 'media.unavailable' });
    expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await request()).body).toMatchObject({ code: 'media.unavailable' });
    await expect(library(system, ada).verify(image, 'image')).rejects.toThrow(
      /media storage does not respond/,
    );
    expect((await system.ask('GET /healthz')).body).toMatchObject({
      status: 'degraded',
      dependencies: { storage: { status: 'down' } },
    });

    proxy.resume();
    const again = await eventually(async () => {
      const answer = await request();
      return answer.status === 201 && answer;
    });
    expect(await send(again, PDF)).toBe(200);
    await library(system, ada).verify(image, 'image');
    await processed(system, image);
  }, 240_000);
});
