import { library, upload } from '@rookery/contexts/media/testing';
import { signUp } from '@rookery/contexts/identity/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';
import { Client } from 'pg';

const PDF = Buffer.from('%PDF-1.7\nA contract.\n');

describe('removing unused uploads', () => {
  const system = sharedSystem();
  let ada: Person;

  beforeAll(async () => {
    ada = await signUp(system);
  });

  const verified = async (): Promise<string> => {
    const key = await upload(system, ada, PDF, 'application/pdf');
    await library(system, ada).verify(key);
    return key;
  };
  const age = (key: string, hours: number) =>
    system.sql(
      `UPDATE media.uploads SET unused_since = now() - make_interval(hours => $2) WHERE media_key = $1`,
      [key, hours],
    );
  const sweep = () => system.runSchedule('media.remove-unused-uploads');
  const left = async (...keys: string[]) =>
    (
      await system.sql<{ key: string }>(
        'SELECT media_key AS key FROM media.uploads WHERE media_key = ANY ($1)',
        [keys],
      )
    ).map(({ key }) => key);

  it('deletes only uploads that were unused for a day, with their objects', async () => {
    const [old, used, young] = [await verified(), await verified(), await verified()];
    const never = await upload(system, ada);
    await library(system, ada).attach(used, 'suite:use');
    for (const key of [old, used, never]) await age(key, 25);
    await age(young, 23);
    const { [old]: urls } = await library(system, ada).urlsOf(old);
    await sweep();
    expect(new Set(await left(old, used, young, never))).toEqual(new Set([used, young]));
    await eventually(async () => (await fetch(urls!.url)).status === 404);
  });

  it('skips an upload that is being used at that moment', async () => {
    const key = await verified();
    await age(key, 25);
    const client = new Client({ connectionString: system.addresses.databaseUrl, application_name: 'suite' });
    await client.connect();
    try {
      // What attach does, in a transaction that is still open.
      await client.query('BEGIN');
      await client.query(`UPDATE media.uploads SET uses = '{suite:slow}' WHERE media_key = $1`, [key]);
      await sweep();
      await client.query('COMMIT');
    } finally {
      await client.end();
    }
    await sweep();
    expect(await left(key)).toEqual([key]);
  });

  it('prevents the use of an upload that is being deleted', async () => {
    const key = await verified();
    const client = new Client({ connectionString: system.addresses.databaseUrl, application_name: 'suite' });
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT 1 FROM media.uploads WHERE media_key = $1 FOR UPDATE', [key]);
      const attaching = library(system, ada).attach(key, 'suite:late');
      attaching.catch(() => undefined);
      await client.query('DELETE FROM media.uploads WHERE media_key = $1', [key]);
      await client.query('COMMIT');
      await expect(attaching).rejects.toThrow(/does not identify an upload/);
    } finally {
      await client.end();
    }
  });
});
