import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { contexts } from '@rookery/contexts';
import { newId, occurred } from '@rookery/domain';
import { Outbox, Transaction } from '@rookery/persistence';
import { library, presign, png, processed, send, upload } from '@rookery/contexts/media/testing';
import { signUp } from '@rookery/contexts/identity/testing';
import { eventually, type Person } from '@rookery/testing';
import { scheduleNamed } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { OrphanSweepContinued } from '../../events';
import { Bucket } from '../../storage/bucket';

describe('removing orphans', () => {
  const locked = new Set<string>();
  let proxy: Server;
  const system = ownSystem(
    contexts,
    {},
    {
      async storage(url) {
        proxy = await lockingProxy(url, locked);
        return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      },
    },
  );
  let ada: Person;

  beforeAll(async () => {
    ada = await signUp(system);
  });
  afterAll(() => {
    proxy.close();
    proxy.closeAllConnections();
  });

  const bucket = () => system.inWorker(Bucket);
  const put = (key: string) => bucket().write(key, Buffer.from('x'), { contentType: 'text/plain' });
  const keys = async (prefix: string) =>
    (await bucket().list(prefix, '', 1_000)).objects.map(({ key }) => key);
  const statusOf = async (key: string) =>
    (await system.sql<{ status: string }>('SELECT status FROM media.uploads WHERE media_key = $1', [key]))[0]
      ?.status;
  const settled = () =>
    eventually(async () => {
      const open = await system.sql(`SELECT 1 FROM messaging.outbox o
        LEFT JOIN messaging.event_delivery d USING (event_id)
        WHERE o.type LIKE 'media.%' AND (o.published_at IS NULL OR d.state = 'pending')`);
      return open.length === 0;
    });
  const sweep = async (olderThan: Date) => {
    await system
      .inWorker(Transaction)
      .run(() =>
        system
          .inWorker(Outbox)
          .append(
            (['uploads/', 'media/'] as const).map((prefix) =>
              occurred(OrphanSweepContinued, { prefix, after: '', olderThan: olderThan.toISOString() }),
            ),
          ),
      );
    await settled();
  };

  it('removes objects without an upload, and keeps those of uploads and of other applications', async () => {
    const shown = await upload(system, ada);
    await library(system, ada).verify(shown);
    await processed(system, shown);
    await settled();
    const waiting = await presign(system, ada, png());
    await send(waiting, png());
    const kept = new Set([...(await keys('media/')), ...(await keys('uploads/'))]);
    expect(kept.size).toBe(4);
    // Sent again after it was used; of a copy that lost; of an upload that is forgotten; of somebody else.
    const orphans = [shown, `media/${newId()}/original`, `media/${newId()}/small.webp`, `uploads/${newId()}`];
    const foreign = ['media/logo.png', 'media/readme/original', 'uploads/backup.zip'];
    for (const key of [...orphans, ...foreign]) await put(key);
    await sweep(new Date(Date.now() - 3_600_000));
    expect([...(await keys('media/')), ...(await keys('uploads/'))]).toHaveLength(4 + 4 + 3);
    await sweep(new Date(Date.now() + 3_600_000));
    expect(new Set([...(await keys('media/')), ...(await keys('uploads/'))])).toEqual(
      new Set([...kept, ...foreign]),
    );
  });

  it('removes unneeded objects of existing uploads: all of a rejected image, the original of a processed one', async () => {
    const verified = async (content: Buffer, type: string) => {
      const key = await upload(system, ada, content, type);
      await library(system, ada).verify(key);
      return key;
    };
    const [shown, refused, file] = [
      await verified(png(), 'image/png'),
      await verified(png().subarray(0, 40), 'image/png'),
      await verified(Buffer.from('%PDF-1.7\nA contract.\n'), 'application/pdf'),
    ];
    await processed(system, shown);
    await eventually(async () => (await statusOf(refused)) === 'failed');
    await settled();
    const objectOf = async (key: string) =>
      (
        await system.sql<{ id: string }>('SELECT object_id AS id FROM media.uploads WHERE media_key = $1', [
          key,
        ])
      )[0]!.id;
    // Their removal failed.
    const left = [`media/${await objectOf(shown)}/original`, `media/${await objectOf(refused)}/original`];
    for (const key of left) await put(key);
    await sweep(new Date(Date.now() + 3_600_000));
    const there = await keys('media/');
    expect(there.filter((key) => left.includes(key))).toEqual([]);
    expect(there).toEqual(
      expect.arrayContaining([
        `media/${await objectOf(shown)}/small.webp`,
        `media/${await objectOf(file)}/original`,
      ]),
    );
  });

  it('continues after each page', async () => {
    const many = Array.from({ length: 255 }, () => `uploads/${newId()}`);
    for (let start = 0; start < many.length; start += 50)
      await Promise.all(many.slice(start, start + 50).map((key) => put(key)));
    await sweep(new Date(Date.now() + 3_600_000));
    const left = new Set(await keys('uploads/'));
    expect(many.filter((key) => left.has(key))).toEqual([]);
  });

  it('continues after an object that cannot be removed, and keeps the storage available', async () => {
    const many = Array.from({ length: 255 }, () => `uploads/${newId()}`);
    for (let start = 0; start < many.length; start += 50)
      await Promise.all(many.slice(start, start + 50).map((key) => put(key)));
    locked.add(many[0]!);
    await sweep(new Date(Date.now() + 3_600_000));
    const left = new Set(await keys('uploads/'));
    expect(many.filter((key) => left.has(key))).toEqual([many[0]]);
    await expect(bucket().remove(many[0]!)).rejects.toThrow(/refuses: remove is answered with 403/);
    await bucket().remove(many[1]!);
  });

  it('starts at night with both prefixes, for objects older than a day', async () => {
    const schedule = scheduleNamed(contexts, 'media.begin-orphan-sweep');
    await system.sql(`DELETE FROM messaging.outbox WHERE type = 'media.orphan-sweep-continued'`);
    await system.inWorker(Transaction).run(() => system.inWorker(schedule).run(new Date()));
    const begun = await system.sql<{ data: { prefix: string; olderThan: string } }>(
      `SELECT data FROM messaging.outbox WHERE type = 'media.orphan-sweep-continued'`,
    );
    expect(begun.map(({ data }) => data.prefix).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'media/',
      'uploads/',
    ]);
    for (const { data } of begun)
      expect(Date.now() - new Date(data.olderThan).getTime()).toBeGreaterThan(23 * 3_600_000);
    await settled();
  });
});

/** Forwards to a storage, and refuses to remove the objects of `locked`. */
async function lockingProxy(url: string, locked: ReadonlySet<string>): Promise<Server> {
  const { port } = new URL(url);
  const server = createServer((received, response) => {
    const { method, url: path, headers } = received;
    const key = new URL(path!, url).pathname.split('/').slice(2).join('/');
    if (method === 'DELETE' && locked.has(key)) {
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
      return;
    }
    const forwarded = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    received.pipe(forwarded);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}
