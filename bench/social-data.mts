import type { Client } from 'pg';
import { withoutIndexes } from './databases.mts';

/**
 * Fills a database with a social network, set by set and reproducibly: ids and choices are hashes of sequence numbers.
 * Some users write much more than others: the first n of N have written √(n/N) of all posts, which are spread evenly
 * over two years. Projections are inserted by the worker's rules.
 */

/** A user whose feed is measured. */
export interface Viewer {
  follows: number;
  id: string;
}

/** Time range of all posts. */
export const PERIOD = { from: '2024-01-01T00:00:00.000Z', to: '2026-01-01T00:00:00.000Z' };

const PEOPLE = 20_000;
/** The first few exceed the fan-out limit: their posts are merged on read. */
const CELEBRITIES = 5;
const FOLLOWERS_OF_CELEBRITY = 12_000;
/** Other feeds, so that the table does not contain only those of the measured users. */
const READERS = 1_500;
const FOLLOWED_BY_READER = 20;
const BLOCKS = 5_000;
const POSTS_PER_COMMENT = 10;
/** How many users the measured users follow: the first ones. They themselves are the last ones. */
const FOLLOWED_BY_VIEWER = [50, 10_000];
/** Number of posts with the rare tag and word, independent of the total: all are in every measured feed. */
const RARE_POSTS = 30;

/** SQL for the id of a person, by number. */
const person = (number: string) => `bench.id('person', ${number}, '2023-01-01Z')`;
/** SQL for a pseudo-random integer from 0; `salt` distinguishes the uses. */
const chance = (below: number, number: string, salt: number) =>
  `((hashint8extended((${number})::bigint, ${salt}) & 2147483647) % ${below})`;

/**
 * @param client client of an empty, migrated database without other users
 * @param posts number of posts
 * @returns the users whose feeds to measure
 */
export async function generateSocial(client: Client, posts: number): Promise<Viewer[]> {
  await client.query(`SET synchronous_commit = off`);
  await client.query(`SET maintenance_work_mem = '512MB'`);
  await client.query(`SET work_mem = '256MB'`);
  await client.query('CREATE SCHEMA bench');
  await client.query(`
    CREATE FUNCTION bench.id(kind text, number bigint, at timestamptz) RETURNS uuid IMMUTABLE LANGUAGE sql AS $$
      SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' ||
              substr(md5(kind || number), 1, 3) || 'a' || substr(md5(kind || number), 4, 15))::uuid $$`);
  await insertPeople(client);
  await insertRelationships(client);
  await withoutIndexes(client, 'social.posts', () => insertPosts(client, posts));
  await withoutIndexes(client, 'social.post_tags', () => insertPostTags(client));
  await insertComments(client);
  await withoutIndexes(client, 'social.feed_items', () => insertFeedItems(client));
  const { rows } = await client.query<Viewer>(
    `SELECT follows, ${person(`${PEOPLE} - number`)} AS id
     FROM unnest($1::int[]) WITH ORDINALITY AS viewer (follows, number)`,
    [FOLLOWED_BY_VIEWER],
  );
  await client.query('DROP SCHEMA bench CASCADE');
  await client.query('VACUUM (ANALYZE)');
  return rows;
}

async function insertPeople(client: Client): Promise<void> {
  await client.query(`
    INSERT INTO social.people (id, version, username, name, active)
    SELECT ${person('number')}, 2, 'person-' || number, 'Person ' || number, number % 100 <> 99
    FROM generate_series(0, ${PEOPLE - 1}) AS number`);
}

/** Follows; some of the other users block each other, and the measured users have muted two whom they follow. */
async function insertRelationships(client: Client): Promise<void> {
  const follow = (user: string, other: string, from: string) =>
    `SELECT ${user} AS user_number, ${other} AS other_number, 'follow' AS wish FROM ${from}`;
  const block = `SELECT ${chance(PEOPLE, 'number', 1)}, ${chance(PEOPLE, 'number', 2)}, 'block'
                 FROM generate_series(1, ${BLOCKS}) AS number`;
  const viewers = FOLLOWED_BY_VIEWER.map((count, index) =>
    follow(`${PEOPLE - 1 - index}`, 'other', `generate_series(0, ${count - 1}) AS other`),
  );
  const fans = follow(
    `${PEOPLE - 1 - FOLLOWED_BY_VIEWER.length} - number`,
    'celebrity',
    `generate_series(0, ${CELEBRITIES - 1}) AS celebrity, generate_series(0, ${FOLLOWERS_OF_CELEBRITY - 1}) AS number`,
  );
  const readers = follow(
    `reader`,
    `${CELEBRITIES} + ${chance(PEOPLE - CELEBRITIES, `reader * 1000 + number`, 3)}`,
    `generate_series(${PEOPLE - 10 - READERS}, ${PEOPLE - 10}) AS reader,
     generate_series(1, ${FOLLOWED_BY_READER}) AS number`,
  );
  await client.query(`
    INSERT INTO social.relationships (id, version, user_id, other_id, followed_at, blocked_at, muted_at)
    SELECT bench.id('relationship', row_number() OVER (), '2023-06-01Z'), 1, ${person('user_number')},
           ${person('other_number')},
           CASE wish WHEN 'follow' THEN timestamptz '2023-06-01Z' + make_interval(secs => other_number) END,
           CASE wish WHEN 'block' THEN timestamptz '2023-06-01Z' END,
           CASE WHEN user_number >= ${PEOPLE - FOLLOWED_BY_VIEWER.length} AND other_number IN (10, 20)
                THEN timestamptz '2023-06-02Z' END
    FROM (${[...viewers, fans, readers, block].join('\n UNION ALL ')}) AS wished
    WHERE user_number <> other_number
    ON CONFLICT DO NOTHING`);
  await client.query(`
    INSERT INTO social.merged_authors SELECT ${person('number')} FROM generate_series(0, ${CELEBRITIES - 1}) AS number`);
  await client.query(`
    INSERT INTO social.merged_follows
    SELECT user_id, other_id FROM social.relationships
    JOIN social.merged_authors ON author_id = other_id WHERE followed_at IS NOT NULL`);
  await client.query('ANALYZE social.relationships, social.merged_authors, social.people');
}

/**
 * A tag and a word `common` on one post in four, `uncommon` on one in thirty, `rare` on a few; also one of fifty topics
 * and ordinary words. One post in ten has the word `left` and one `right`, but none has both.
 */
async function insertPosts(client: Client, posts: number): Promise<void> {
  await client.query(`
    CREATE TABLE bench.sentences AS
    SELECT number, (SELECT string_agg('word' || floor(3000 * power(${chance(10_000, 'number * 20 + place', 4)} / 1e4, 2)), ' ')
                    FROM generate_series(1, 9) AS place) AS sentence
    FROM generate_series(0, 1999) AS number`);
  await client.query(`
    CREATE TABLE bench.drafts AS
    SELECT number, author, at, bench.id('post', number, at) AS id,
           author >= ${CELEBRITIES} AND author < ${FOLLOWED_BY_VIEWER[0]} AS followed
    FROM (SELECT number, floor(${PEOPLE} * power(${chance(2 ** 30, 'number', 5)} / ${2 ** 30}::float8, 2))::int AS author,
                 date_trunc('milliseconds', timestamptz '${PERIOD.from}' +
                   (timestamptz '${PERIOD.to}' - timestamptz '${PERIOD.from}') * (number / ${posts}::float8)) AS at
          FROM generate_series(0, ${posts - 1}) AS number) AS post`);
  // Evenly among posts that are in every measured feed, and not of merged authors.
  await client.query(`
    CREATE TABLE bench.rare AS
    SELECT number FROM (
      SELECT number, row_number() OVER (ORDER BY number) AS place, count(*) OVER () / ${RARE_POSTS} AS step
      FROM bench.drafts WHERE followed) AS each
    WHERE place % step = 0`);
  await client.query('ANALYZE bench.sentences, bench.drafts, bench.rare');
  await client.query(`
    INSERT INTO social.posts (id, version, author_id, title, content, tags, comments_count, created_at, updated_at)
    SELECT draft.id, 1, ${person('author')}, 'On word' || ${chance(3_000, 'draft.number', 11)}, concat_ws(' ', sentence, common, uncommon, rare, apart),
           array_remove(ARRAY['topic' || ${chance(50, 'draft.number', 6)}, common, uncommon, rare], NULL),
           CASE WHEN draft.number % ${POSTS_PER_COMMENT} = 0 THEN 1 ELSE 0 END, at, at
    FROM bench.drafts draft
    JOIN bench.sentences ON sentences.number = ${chance(2_000, 'draft.number', 7)}
    LEFT JOIN bench.rare ON rare.number = draft.number
    CROSS JOIN LATERAL (
      SELECT CASE WHEN ${chance(4, 'draft.number', 8)} = 0 THEN 'common' END AS common,
             CASE WHEN ${chance(30, 'draft.number', 9)} = 0 THEN 'uncommon' END AS uncommon,
             CASE WHEN rare.number IS NOT NULL THEN 'rare' END AS rare,
             CASE draft.number % 10 WHEN 0 THEN 'left' WHEN 5 THEN 'right' END AS apart) AS term`);
}

/** Like the worker: a row for each tag of a post. */
async function insertPostTags(client: Client): Promise<void> {
  await client.query(`
    INSERT INTO social.post_tags (tag, created_at, post_id)
    SELECT tag, created_at, id FROM social.posts, unnest(tags) AS tag`);
}

/** One comment on each post whose count is one. */
async function insertComments(client: Client): Promise<void> {
  await client.query(`
    INSERT INTO social.comments (id, version, post_id, author_id, content, created_at, updated_at)
    SELECT bench.id('comment', number, at), 1, id, ${person(chance(PEOPLE, 'number', 10))}, 'I agree with number ' || number,
           at + interval '1 hour', at + interval '1 hour'
    FROM bench.drafts WHERE number % ${POSTS_PER_COMMENT} = 0`);
}

/** Like the worker: a row for each post and follower of its author, except for merged authors. */
async function insertFeedItems(client: Client): Promise<void> {
  await client.query(`
    INSERT INTO social.feed_items (user_id, created_at, post_id, author_id)
    SELECT follow.user_id, post.created_at, post.id, post.author_id
    FROM social.relationships follow JOIN social.posts post ON post.author_id = follow.other_id
    WHERE follow.followed_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM social.merged_authors WHERE author_id = follow.other_id)`);
}
