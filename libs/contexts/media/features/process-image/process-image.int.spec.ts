import { deflateSync } from 'node:zlib';
import { library, png, pngWith, processed, upload } from '@rookery/contexts/media/testing';
import { signUp } from '@rookery/contexts/identity/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';

describe('processing an image', () => {
  const system = sharedSystem();
  let ada: Person;

  beforeAll(async () => {
    ada = await signUp(system);
  });

  /** @returns how the storage answers what Rookery itself could read */
  const stored = async (key: string) => {
    const { storage } = system.addresses;
    const { Presigner } = await import('../../storage/signature.js');
    const presigner = new Presigner({
      accessKeyId: storage.S3_ACCESS_KEY_ID,
      secretAccessKey: storage.S3_SECRET_ACCESS_KEY,
      region: storage.S3_REGION,
    });
    const url = new URL(`${storage.S3_ENDPOINT}/${storage.S3_BUCKET}/${key}`);
    return (await fetch(presigner.url({ method: 'GET', url, at: new Date(), expiresIn: 60 }))).status;
  };

  it('makes three sizes, and removes what was sent', async () => {
    const key = await upload(system, ada, png(900, 700));
    await library(system, ada).verify(key, 'image');
    await library(system, ada).attach(key, 'suite:portrait');
    await processed(system, key);
    const { [key]: urls } = await library(system, ada).urlsOf(key);
    expect(urls).toMatchObject({ contentType: 'image/webp', state: 'ready' });
    expect(urls!.url).toBe(urls!.large);
    for (const url of [urls!.small, urls!.medium, urls!.large]) {
      const served = await fetch(url!);
      expect([served.status, served.headers.get('content-type')]).toEqual([200, 'image/webp']);
      expect(served.headers.get('cache-control')).toContain('immutable');
      // Of the text in the file nothing is left.
      expect(Buffer.from(await served.arrayBuffer()).includes('52.5200')).toBe(false);
    }
    const [row] = await system.sql<{ id: string }>(
      'SELECT object_id AS id FROM media.uploads WHERE media_key = $1',
      [key],
    );
    await eventually(async () => (await stored(key)) === 404);
    expect(await stored(`media/${row!.id}/original`)).toBe(404);
  });

  it('says while it lasts that there are no sizes yet', async () => {
    const key = await upload(system, ada, png());
    await library(system, ada).verify(key, 'image');
    await processed(system, key);
    await system.sql(`UPDATE media.uploads SET status = 'processing' WHERE media_key = $1`, [key]);
    const { [key]: urls } = await library(system, ada).urlsOf(key);
    expect(urls).toMatchObject({ state: 'processing', small: null, medium: null, large: null });
    expect(urls!.url).toMatch(/large\.webp\?/);
  });

  it.each([
    ['a decompression bomb', pngWith(30_000, 30_000, deflateSync(Buffer.alloc(1_000_000)))],
    ['what begins like an image', Buffer.concat([png().subarray(0, 60), Buffer.from('not at all')])],
  ])('fails for %s, which can then neither be shown nor used', async (_, file) => {
    const key = await upload(system, ada, file);
    await library(system, ada).verify(key, 'image');
    await processed(system, key);
    expect(await library(system, ada).urlsOf(key)).toEqual({});
    await expect(library(system, ada).attach(key, 'suite:bomb')).rejects.toThrow(
      /does not identify an upload/,
    );
    await expect(library(system, ada).verify(key, 'image')).rejects.toThrow(/does not identify an upload/);
  });

  it('leaves nothing of an image that is deleted meanwhile', async () => {
    const key = await upload(system, ada, png(1_500, 1_500));
    await library(system, ada).verify(key, 'image');
    await library(system, ada).attach(key, 'suite:brief');
    const { [key]: urls } = await library(system, ada).urlsOf(key);
    await library(system, ada).detach(key, 'suite:brief');
    await eventually(async () => {
      const done = await system.sql(
        `SELECT 1 FROM messaging.outbox o JOIN messaging.event_delivery d USING (event_id)
         WHERE o.subject = $1 AND d.state <> 'done'`,
        [key.slice('uploads/'.length)],
      );
      return done.length === 0;
    });
    expect((await fetch(urls!.url)).status).toBe(404);
  });
});
