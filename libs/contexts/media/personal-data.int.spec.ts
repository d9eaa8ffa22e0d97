import { contexts } from '@rookery/contexts';
import { Transaction } from '@rookery/persistence';
import { enroll } from '@rookery/contexts/identity/testing';
import { library, png, presign, processed, upload } from '@rookery/contexts/media/testing';
import { eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { KNOWN_COLUMNS, MediaPersonalData } from './personal-data';

describe('The personal data of media', () => {
  const system = ownSystem(contexts);
  let ada: Person;
  let bob: Person;

  beforeAll(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const exported = async ({ id }: Person) => {
    const rows: object[] = [];
    for await (const [section, page] of system.inWorker(MediaPersonalData).export(id)) {
      expect(section).toBe('uploads');
      rows.push(...page);
    }
    return rows;
  };

  it('is exported with links, and erased with its objects; that of others stays', async () => {
    const [shown, theirs] = [
      await upload(system, ada, png(), 'image/png', 'Ada at home.png'),
      await upload(system, bob),
    ];
    await library(system, ada).verify(shown, 'image');
    await library(system, ada).attach(shown, 'suite:use');
    await library(system, bob).verify(theirs, 'image');
    await processed(system, shown, theirs);
    const { mediaKey: waiting } = (await presign(system, ada, png())).body;
    const rows = await exported(ada);
    expect(rows).toEqual([
      expect.objectContaining({
        mediaKey: shown,
        fileName: 'Ada at home.png',
        contentType: 'image/png',
        size: png().length,
        uses: ['suite:use'],
        url: expect.stringContaining('/large.webp'),
      }),
      expect.objectContaining({ mediaKey: waiting, status: 'pending', url: null }),
    ]);
    const { [shown]: urls } = await library(system, ada).urlsOf(shown);
    const erase = (limit: number) =>
      system.inWorker(Transaction).run(() => system.inWorker(MediaPersonalData).erase(ada.id, limit));
    expect(await erase(1)).toEqual({ uploads: 1 });
    expect(await erase(10)).toEqual({ uploads: 1 });
    expect(await erase(10)).toEqual({ uploads: 0 });
    expect(await exported(ada)).toEqual([]);
    expect(await exported(bob)).toHaveLength(1);
    await eventually(async () => (await fetch(urls!.url)).status === 404);
    // No name of a file is in an event.
    const named = await system.sql(`SELECT 1 FROM messaging.outbox WHERE data::text LIKE '%at home%'`);
    expect(named).toEqual([]);
  });

  it('is in the columns that are known to hold ids of users', async () => {
    const columns = await system.sql<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'media' AND data_type = 'uuid' AND column_name NOT IN ('id', 'object_id') ORDER BY 1`,
    );
    expect(columns.map(({ name }) => name)).toEqual(KNOWN_COLUMNS);
  });

  it('is exported in every column that a user may see', async () => {
    const columns = await system.sql<{ name: string }>(
      `SELECT column_name AS name FROM information_schema.columns
       WHERE table_schema = 'media' AND table_name = 'uploads' ORDER BY 1`,
    );
    const withheld = ['expires_at', 'object_id', 'owner_id', 'unused_since', 'version'];
    const [row] = await exported(bob);
    const { url: _, ...known } = row as Record<string, unknown>;
    const names = Object.keys(known).map((name) =>
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    );
    expect([...names, ...withheld].toSorted((a, b) => a.localeCompare(b))).toEqual(
      columns.map(({ name }) => name).toSorted((a, b) => a.localeCompare(b)),
    );
  });
});
