import { contexts } from '@rookery/contexts';
import { ConnectionPool, Sql, Transaction } from '@rookery/persistence';
import { enroll } from '@rookery/contexts/identity/testing';
import { hide } from '@rookery/contexts/social/testing';
import { eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import fc from 'fast-check';
import { RANKED } from '../../views/post-search';

interface Found {
  id: string;
  title: string;
}

describe('Searching posts', () => {
  const system = ownSystem(contexts);
  let ada: Person;
  let reader: Person;
  let words = 0;

  beforeAll(async () => {
    [ada, reader] = await Promise.all([enroll(system), enroll(system)]);
  });

  async function publish(title: string, content = 'Nothing of note.', author = ada): Promise<string> {
    const { status, body } = await system.ask('POST /v1/posts', {
      token: author.token,
      body: { title, content },
    });
    expect(status).toBe(201);
    return body.id;
  }
  const searchOnce = (text: string, query = '', viewer = reader) =>
    system.ask(`GET /v1/posts?search=${encodeURIComponent(text)}${query}`, { token: viewer.token });
  /** Like a client: a busy machine is too slow for a second's worth of search now and then, and answers 503. */
  const search = async (text: string, query = '', viewer = reader) => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await searchOnce(text, query, viewer);
      if (answer.status !== 503 || attempt === 10) return answer;
    }
  };
  const found = async (text: string, viewer = reader) => {
    const { status, body } = await search(text, '', viewer);
    expect(status).toBe(200);
    return (body.data as Found[]).map(({ title }) => title);
  };
  /** A word that no other test uses. */
  const word = () => `word${(words += 1)}x`;

  /** Inserts many posts, a millisecond apart, the last one now. */
  const flood = (text: string, count: number) =>
    system.sql(
      `INSERT INTO social.posts (id, version, author_id, title, content, tags, created_at, updated_at)
       SELECT gen_random_uuid(), 1, $1, 'Flood ' || nr, $2, '{}', now() - ($3 - nr) * interval '1 ms', now()
       FROM generate_series(1, $3) nr`,
      [ada.id, text, count],
    );

  async function walk(text: string, limit: () => number, between: () => Promise<unknown>): Promise<Found[]> {
    const walked: Found[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const [{ status, body }] = await Promise.all([
        search(text, `&limit=${limit()}${cursor ? `&cursor=${cursor}` : ''}`),
        between(),
      ]);
      expect(status).toBe(200);
      walked.push(...body.data);
      cursor = body.page.nextCursor;
    }
    return walked;
  }

  /** First, because it depends on all existing posts. */
  it('finds words in posts older than the newest ten thousand, except with only exclusions', async () => {
    await system.sql(
      `INSERT INTO social.posts (id, version, author_id, title, content, tags, created_at, updated_at)
       VALUES (gen_random_uuid(), 1, $1, 'Long ago', 'A needle.', '{}', now() - interval '1 year', now())`,
      [ada.id],
    );
    await eventually(async () => (await found('-haystack')).length === 1);
    await flood('haystack', 10_000);
    expect(await found('needle')).toEqual(['Long ago']);
    expect(await found('-haystack')).toEqual([]);
  });

  it('returns posts in the same form as other routes', async () => {
    const rare = word();
    const id = await publish(`A ${rare}`);
    const { body } = await search(rare);
    const { body: post } = await system.ask(`GET /v1/posts/${id}`, { token: reader.token });
    expect(body).toEqual({ data: [post], page: { nextCursor: null } });
  });

  it('ranks matches in titles first, and newer posts first among equals', async () => {
    const rare = word();
    await publish('In the text, old', `So ${rare} it is.`);
    await publish(`In the title: ${rare}`);
    await publish('In the text, new', `So ${rare} it is.`);
    expect(await found(rare)).toEqual([`In the title: ${rare}`, 'In the text, new', 'In the text, old']);
  });

  it('supports all words, alternatives, phrases and exclusions, case-insensitively', async () => {
    const [one, two] = [word(), word()];
    await publish('both', `${one} then ${two}`);
    await publish('phrase', `${two} ${one}`);
    await publish('one', one);
    await publish('two', two);
    const sorted = async (text: string) => (await found(text)).sort();
    expect(await sorted(`${one} ${two}`)).toEqual(['both', 'phrase']);
    expect(await sorted(`"${two} ${one}"`)).toEqual(['phrase']);
    expect(await sorted(`${one} or ${two}`)).toEqual(['both', 'one', 'phrase', 'two']);
    expect(await sorted(`${one} -${two}`)).toEqual(['one']);
    expect(await sorted(one.toUpperCase())).toEqual(['both', 'one', 'phrase']);
  });

  it('finds words of any language as they are written, not by their stem', async () => {
    const rare = word();
    await publish('grüße', `${rare} Grüße aus Żółć 東京`);
    expect(await found(`${rare} grüße żółć`)).toEqual(['grüße']);
    expect(await found(`${rare} gruß`)).toEqual([]);
    expect(await found(`${rare} the`)).toEqual([]);
  });

  it('finds only posts with one of some tags and of a period', async () => {
    const rare = word();
    const ids: string[] = [];
    for (const [tags, day] of [
      [['birds'], '01'],
      [['bread'], '02'],
      [['birds', 'bread'], '03'],
      [[], '04'],
    ]) {
      const id = await publish(`Of the ${day as string}`, rare);
      ids.push(id);
      await system.sql('UPDATE social.posts SET tags = $2, created_at = $3 WHERE id = $1', [
        id,
        tags,
        `2026-03-${day as string}T12:00:00Z`,
      ]);
    }
    const of = async (query: string) =>
      ((await search(rare, query)).body.data as Found[]).map(({ id }) => ids.indexOf(id) + 1);
    expect(await of('')).toEqual([4, 3, 2, 1]);
    expect(await of('&tags=birds')).toEqual([3, 1]);
    expect(await of('&tags=birds,bread&until=2026-03-02T12:00:00Z')).toEqual([2, 1]);
    expect(await of('&since=2026-03-02T12:00:00.001Z')).toEqual([4, 3]);
  });

  it('shows nothing of deleted users, and nothing between two users if one has blocked the other', async () => {
    const rare = word();
    const [author, blocked, blocker] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
    await publish('seen', rare, author);
    await system.ask(`PUT /v1/users/${blocked.id}/block`, { token: author.token });
    await system.ask(`PUT /v1/users/${author.id}/block`, { token: blocker.token });
    expect(await found(rare, blocked)).toEqual([]);
    expect(await found(rare, blocker)).toEqual([]);
    expect(await found(rare)).toEqual(['seen']);
    await hide(system, author);
    expect(await found(rare)).toEqual([]);
  });

  it.each([
    "'",
    ':*',
    '\\',
    '"',
    '-',
    '- -',
    '!!',
    '<->',
    '&|!()',
    "a' & b:*",
    '%_',
    '🐦',
    '()',
    'or',
    '-or-',
  ])('takes %j for what people type', async (text) => {
    expect(await search(text)).toMatchObject({ status: 200, body: { data: expect.any(Array) } });
  });

  it('never fails, whatever is typed', async () => {
    const signs = fc.constantFrom(
      '-',
      '-',
      '-',
      '!',
      '|',
      '&',
      '(',
      ')',
      '"',
      ':',
      '*',
      '\\',
      ' ',
      'or ',
      'a',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }),
      fc.string({ unit: signs, minLength: 30, maxLength: 60 }),
    );
    for (const text of ['-'.repeat(100), '- '.repeat(50), '-!'.repeat(50)])
      expect([text, (await search(text)).status]).toEqual([text, 200]);
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        expect([200, 400]).toContain((await search(text)).status);
      }),
      { numRuns: 100 },
    );
  });

  it('does not starve other requests, however many wait and however long', async () => {
    const transaction = system.inApi(Transaction);
    const waiting = async () => {
      // Of the api: the worker may still be at what earlier tests have posted.
      const [row] = await system.sql<{ count: number }>(
        `SELECT count(*)::int AS count FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'rookery-api' AND wait_event_type = 'Lock'`,
      );
      return row!.count;
    };
    await transaction.run(async () => {
      await system.inApi(Sql).execute('LOCK TABLE social.posts IN ACCESS EXCLUSIVE MODE');
      await transaction.outside(async () => {
        const searches = Promise.all(Array.from({ length: 40 }, () => searchOnce('swifts')));
        await eventually(async () => (await waiting()) > 0);
        // The api has ten connections in tests.
        expect(await waiting()).toBeLessThanOrEqual(2);
        expect(system.inApi(ConnectionPool).state().waiting).toBe(0);
        expect((await system.ask('GET /v1/me', { token: reader.token })).status).toBe(200);
        for (const { status, headers, body } of await searches) {
          expect([status, body.code]).toEqual([503, 'dependency.unavailable']);
          expect(headers['retry-after']).toMatch(/^[1-9]/);
        }
      });
    });
    expect((await search('swifts')).status).toBe(200);
  });

  it.each([
    ['search', `search=${'x'.repeat(101)}`],
    ['search', 'search=%00'],
    ['limit', 'search=x&limit=101'],
    ['sort', 'search=x&sort=asc'],
    ['tags.0', 'search=x&tags=a%20'],
    ['since', 'search=x&since=yesterday'],
    ['since', 'search=x&since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z'],
  ])('names %s when asked with "%s"', async (path, query) => {
    const answer = await system.ask(`GET /v1/posts?${query}`, { token: reader.token });
    expect(answer).toMatchObject({ status: 400, body: { code: 'request.invalid', errors: [{ path }] } });
  });

  it('refuses the cursor of a list that happens to have the same subject', async () => {
    const { id } = ada;
    for (const title of ['one', 'two']) await publish(title, 'of one author');
    const { body } = await system.ask(`GET /v1/users/${id}/posts?limit=1`, { token: ada.token });
    const foreign = await search(id, `&cursor=${body.page.nextCursor}`);
    expect(foreign).toMatchObject({ status: 400, body: { code: 'request.invalid-cursor' } });
  });

  it('refuses a cursor of another search', async () => {
    const rare = word();
    for (const title of ['one', 'two']) await publish(title, rare);
    const { body } = await search(rare, '&limit=1');
    const foreign = await search(`${rare} or other`, `&cursor=${body.page.nextCursor}`);
    expect(foreign).toMatchObject({ status: 400, body: { code: 'request.invalid-cursor' } });
  });

  it('skips and repeats nothing while others publish, and holds nothing that came later', async () => {
    const text = fc.record({ titled: fc.boolean(), times: fc.integer({ min: 1, max: 3 }) });
    const write = (rare: string, { titled, times }: { titled: boolean; times: number }) =>
      publish(titled ? `A ${rare}` : 'A title', Array.from({ length: times }, () => rare).join(' '));
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1, maxLength: 10 }),
        fc.array(text, { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
        async (before, during, limits) => {
          const rare = word();
          const ids: string[] = [];
          for (const each of before) ids.push(await write(rare, each));
          const order = (await search(rare, '&limit=100')).body.data as Found[];
          expect(order.map(({ id }) => id).sort()).toEqual(ids.sort());
          let page = 0;
          const walked = await walk(
            rare,
            () => limits[page % limits.length]!,
            async () => {
              // Not concurrently with the first page: a post published then may or may not be in it.
              if ((page += 1) > 1) await write(rare, during[page % during.length]!);
            },
          );
          expect(walked).toEqual(order);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('skips and repeats nothing of many that rank the same', async () => {
    const rare = word();
    await flood(rare, 45);
    const walked = await walk(
      rare,
      () => 7,
      () => publish('Late', rare),
    );
    const titles = walked.map(({ title }) => title).filter((title) => title !== 'Late');
    expect(titles).toEqual(Array.from({ length: 45 }, (_, index) => `Flood ${45 - index}`));
  });

  it('ranks the newest of very many that fit', async () => {
    const rare = word();
    await publish(`Old, but ${rare} ${rare} ${rare}`);
    await flood(rare, RANKED + 10);
    await system.sql(
      `UPDATE social.posts SET created_at = now() - interval '1 day' WHERE title LIKE 'Old, but%'`,
    );
    const walked = await walk(
      rare,
      () => 100,
      () => Promise.resolve(),
    );
    expect(walked).toHaveLength(RANKED);
    expect(walked[0]!.title).toBe(`Flood ${RANKED + 10}`);
    expect(walked.at(-1)!.title).toBe('Flood 11');
  });
});
