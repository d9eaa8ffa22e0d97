import { newId } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { TestLedger } from '@rookery/testing/ledger';
import * as fc from 'fast-check';
import { Accounts } from '../../identity/contract';
import { StoredAccounts } from '../../identity/storage/accounts';
import { Relations } from '../../social/contract';
import { People as SocialPeople } from '../../social/storage/people';
import { Visibility as SocialVisibility } from '../../social/storage/visibility';
import { isVisible, VISIBILITIES } from '../model/visibility';
import { sees, Visibility } from './visibility';

const AUTHORS = 12;
const VIEWERS = 6;
/** A viewer may publish, and an author may view. */
const person = fc.nat({ max: AUTHORS - 1 });
const pair = fc.tuple(person, person);
const pairs = (maxLength: number) => fc.uniqueArray(pair, { maxLength, selector: String });
const world = fc.record({
  inactive: fc.uniqueArray(person, { maxLength: 3 }),
  follows: pairs(60),
  blocks: pairs(20),
  stories: fc.array(
    fc.record({
      author: person,
      visibility: fc.constantFrom(...VISIBILITIES),
      audience: fc.option(fc.uniqueArray(person, { maxLength: 4 }), { nil: undefined }),
      highlighted: fc.boolean(),
      /** Seconds until it ends. */
      endsIn: fc.constantFrom(-3_600, -1, 0, 3_600),
      deleted: fc.constantFrom(false, false, false, true),
    }),
    { minLength: 60, maxLength: 120 },
  ),
});

describe('Who sees which story', () => {
  let ledger: TestLedger;

  beforeAll(async () => {
    ledger = await TestLedger.start({
      providers: [
        { provide: Accounts, useClass: StoredAccounts },
        SocialPeople,
        SocialVisibility,
        { provide: Relations, useExisting: SocialVisibility },
        Visibility,
      ],
    });
  });
  afterAll(() => ledger.stop());

  it('is the same in SQL and in the model, in thousands of random cases', async () => {
    let compared = 0;
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(world, async ({ inactive, follows: wished, blocks, stories }) => {
        // Nobody follows whom they block.
        const follows = wished.filter(
          ([one, other]) => !blocks.some((block) => block.join() === `${one},${other}`),
        );
        const people = Array.from({ length: AUTHORS }, () => newId());
        const known = (list: readonly [number, number][], from: number, to: number) =>
          list.some(([one, other]) => one === from && other === to);
        const told = stories.map((story) => ({
          ...story,
          id: newId(),
          audience: story.visibility === 'friends' ? story.audience : undefined,
        }));
        const now = await insert(people, inactive, follows, blocks, told);
        for (let viewer = 0; viewer < VIEWERS; viewer += 1) {
          const expected = told.filter(({ author, visibility, audience, highlighted, endsIn, deleted }) =>
            isVisible(
              {
                authorId: people[author]!,
                visibility,
                restricted: audience !== undefined,
                highlighted,
                expiresAt: new Date(now.getTime() + endsIn * 1_000),
                deletedAt: deleted ? now : null,
              },
              {
                viewerId: people[viewer]!,
                canSeeAuthor:
                  !inactive.includes(author) &&
                  (author === viewer || (!known(blocks, author, viewer) && !known(blocks, viewer, author))),
                following: author !== viewer && known(follows, viewer, author),
                listed: audience?.includes(viewer) ?? false,
              },
              now,
            ),
          );
          const ids = told.map(({ id }) => id);
          expect(await seenBy(people[viewer]!, people, ids)).toEqual(new Set(expected.map(({ id }) => id)));
          // The first and the last also one by one, as routes of single stories do.
          for (const id of new Set([ids[0]!, ids.at(-1)!]))
            expect([id, await isFound(id, people[viewer]!)]).toEqual([
              id,
              expected.some((story) => story.id === id),
            ]);
          compared += told.length;
          seen += expected.length;
        }
      }),
      { numRuns: 30 },
    );
    expect(compared).toBeGreaterThan(4_000);
    expect(seen).toBeGreaterThan(compared / 20); // not everything is hidden
    expect(seen).toBeLessThan(compared / 2);
  }, 360_000);

  /** A few statements, however large the world is. @returns the time of the database, to milliseconds */
  async function insert(
    people: readonly string[],
    inactive: readonly number[],
    follows: readonly [number, number][],
    blocks: readonly [number, number][],
    stories: readonly {
      id: string;
      author: number;
      visibility: string;
      audience: number[] | undefined;
      highlighted: boolean;
      endsIn: number;
      deleted: boolean;
    }[],
  ): Promise<Date> {
    await ledger.sql(
      `INSERT INTO social.people (id, version, username, name, active)
       SELECT id, 1, id::text, 'Some Person', number - 1 <> ALL ($2::int[])
       FROM unnest($1::uuid[]) WITH ORDINALITY AS person (id, number)`,
      [people, inactive],
    );
    const others = (list: readonly [number, number][]) => list.filter(([one, other]) => one !== other);
    const relations = new Map<string, { user: string; other: string; follows: boolean; blocks: boolean }>();
    for (const [list, what] of [
      [others(follows), 'follows'],
      [others(blocks), 'blocks'],
    ] as const)
      for (const [one, other] of list) {
        const key = `${one}:${other}`;
        const relation = relations.get(key) ?? {
          user: people[one]!,
          other: people[other]!,
          follows: false,
          blocks: false,
        };
        relations.set(key, { ...relation, [what]: true });
      }
    await ledger.sql(
      `INSERT INTO social.relationships (id, version, user_id, other_id, followed_at, blocked_at)
       SELECT gen_random_uuid(), 1, "user", other, CASE WHEN follows THEN now() END, CASE WHEN blocks THEN now() END
       FROM jsonb_to_recordset($1::jsonb) AS it ("user" uuid, other uuid, follows boolean, blocks boolean)`,
      [JSON.stringify([...relations.values()])],
    );
    const [row] = await ledger.sql<{ now: Date }>(
      `WITH moment AS (SELECT date_trunc('milliseconds', now()) AS now),
            inserted AS (
              INSERT INTO stories.stories (id, version, author_id, text, visibility, restricted, highlights,
                                           created_at, expires_at, deleted_at)
              SELECT id, 1, author, 'Text', visibility, restricted, highlights, now,
                     now + make_interval(secs => "endsIn"), CASE WHEN deleted THEN now END
              FROM moment, jsonb_to_recordset($1::jsonb) AS it (id uuid, author uuid, visibility text,
                   restricted boolean, highlights int, "endsIn" int, deleted boolean))
       SELECT now FROM moment`,
      [
        JSON.stringify(
          stories.map(({ author, audience, highlighted, ...rest }) => ({
            ...rest,
            author: people[author],
            restricted: audience !== undefined,
            highlights: highlighted ? 1 : 0,
          })),
        ),
      ],
    );
    await ledger.sql(
      `INSERT INTO stories.audiences (story_id, user_id)
       SELECT story, "user" FROM jsonb_to_recordset($1::jsonb) AS it (story uuid, "user" uuid)`,
      [
        JSON.stringify(
          stories.flatMap(({ id, audience = [] }) =>
            audience.map((each) => ({ story: id, user: people[each] })),
          ),
        ),
      ],
    );
    return row!.now;
  }

  async function seenBy(
    viewerId: string,
    people: readonly string[],
    ids: readonly string[],
  ): Promise<Set<string>> {
    const { authors, followed } = await ledger.get(Visibility).sightOf(viewerId, people);
    const rows = await ledger.get(Sql).rows<{ id: string }>(
      `SELECT id FROM stories.stories story
       WHERE id = ANY ($4::uuid[]) AND ${sees({ viewer: '$1', authors: '$2', followed: '$3' })}`,
      [viewerId, authors, followed, ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  const isFound = (id: string, viewerId: string) =>
    ledger
      .get(Visibility)
      .assertVisible(id, viewerId)
      .then(
        () => true,
        (error: { code?: string }) => {
          if (error.code !== 'resource.not-found') throw error;
          return false;
        },
      );
});
