import { newId } from '@rookery/domain';
import { sharedSystem } from '@rookery/testing';
import { Client } from 'pg';

describe('An index serves', () => {
  const system = sharedSystem();

  it.each([
    [
      'the stories of an author, newest first',
      'stories_author_idx',
      'author_id = $1 ORDER BY created_at DESC, id DESC',
    ],
    [
      'stories whose day is over',
      'stories_open_idx',
      'ended_at IS NULL AND expires_at <= now() ORDER BY expires_at',
    ],
    [
      'public stories of everybody, newest first',
      'stories_public_idx',
      `visibility = 'public' AND ended_at IS NULL ORDER BY created_at DESC, id DESC`,
    ],
    ['deleted stories', 'stories_deleted_idx', `deleted_at < now() - interval '90 days' ORDER BY deleted_at`],
  ])('%s, without sorting', async (_, index, where) => {
    const plan = await planOf(`stories.stories WHERE ${where}`);
    expect(plan).toContain(`"Index Name":"${index}"`);
    expect(plan).not.toContain('"Sort"');
  });

  it.each([['story_views'], ['reactions'], ['replies']])('%s of a story', async (table) => {
    expect(await planOf(`stories.${table} WHERE story_id = $1`)).toContain('"Index Cond":"(story_id =');
  });

  /** @returns how PostgreSQL reads rows where it may neither read tables from end to end nor sort, as it would not with many rows */
  async function planOf(from: string): Promise<string> {
    const client = new Client({ connectionString: system.addresses.databaseUrl });
    await client.connect();
    try {
      await client.query('SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off');
      const { rows } = await client.query(
        `EXPLAIN (FORMAT JSON) SELECT * FROM ${from.replace('$1', `'${newId()}'`)} LIMIT 20`,
      );
      return JSON.stringify(rows);
    } finally {
      await client.end();
    }
  }
});
