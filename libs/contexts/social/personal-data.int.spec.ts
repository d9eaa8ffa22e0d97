import { newId } from '@rookery/domain';
import { contexts } from '@rookery/contexts';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Transaction } from '@rookery/persistence';
import { enroll, signUp } from '@rookery/contexts/identity/testing';
import { block, comment, like, publish } from '@rookery/contexts/social/testing';
import { eventually, type Person } from '@rookery/testing';
import { contextOf, scheduleNamed } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { PostCreated, PostDeleted } from './contract';
import { CopyPeople } from './features/copy-people/copy-people';
import { KNOWN_COLUMNS, SocialPersonalData } from './personal-data';

const deleted: string[] = [];
let reacting = true;

/** Another context that subscribes to posts; it fails at first, so that its deliveries are still open. */
@Subscriber('tracking.track', [PostCreated, PostDeleted], { queue: Queues.projections })
class Track implements Handles<typeof PostCreated | typeof PostDeleted> {
  async handle({ type, subject }: { type: string; subject: string }): Promise<void> {
    if (!reacting) throw new Error('Not yet.');
    if (type === PostDeleted.type) deleted.push(subject);
  }
}

describe('The personal data of social', () => {
  const system = ownSystem([...contexts, contextOf('tracking', { subscribers: [Track] })]);
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([signUp(system), enroll(system)]);
  });

  const follow = (who: Person, whom: Person) =>
    system.ask(`PUT /v1/users/${whom.id}/follow`, { token: who.token });
  const erase = (who: Person, limit: number) =>
    system.inWorker(Transaction).run(() => system.inWorker(SocialPersonalData).erase(who.id, limit));
  const commentsCount = async (id: string) =>
    (await system.ask(`GET /v1/posts/${id}`, { token: bob.token })).body.commentsCount as number;

  /** Waits until all copies are up to date. */
  const settled = () =>
    eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.outbox o LEFT JOIN messaging.event_delivery d ON d.event_id = o.event_id
         WHERE o.published_at IS NULL OR d.state = 'pending'`,
      );
      return open.length === 0;
    }, 180_000);

  /** @returns the columns that still contain a user's id */
  async function leftOf({ id }: Person): Promise<string[]> {
    const left: string[] = [];
    for (const column of KNOWN_COLUMNS) {
      const [table, name] = column.split('.');
      if ((await system.sql(`SELECT 1 FROM social.${table} WHERE ${name} = $1`, [id])).length > 0)
        left.push(column);
    }
    return left;
  }

  /** Deletes the account with an expired grace period. */
  async function eraseEverywhere({ id, token }: Person): Promise<Record<string, Record<string, number>>> {
    await system.ask('DELETE /v1/me', { token });
    await system.sql(`UPDATE operations.operations SET due_at = now() WHERE user_id = $1`, [id]);
    await system
      .inWorker(Transaction)
      .run(() => system.inWorker(scheduleNamed(contexts, 'operations.begin-erasures')).run(new Date()));
    return eventually(async () => {
      const [operation] = await system.sql<{
        status: string;
        receipt: Record<string, Record<string, number>>;
      }>(`SELECT status, receipt FROM operations.operations WHERE user_id = $1 AND kind = 'erasure'`, [id]);
      return operation!.status === 'succeeded' && operation!.receipt;
    });
  }

  it('is exported: what they wrote, whom they follow, block and mute, and who follows them', async () => {
    const [eve, mallory] = [await enroll(system), await enroll(system)];
    const post = await publish(system, ada);
    const theirs = await publish(system, bob);
    const answer = await comment(system, ada, theirs.id, 'Here too!');
    await comment(system, bob, post.id, "Somebody else's");
    await like(system, ada, theirs.id);
    await like(system, bob, post.id);
    await follow(ada, bob);
    await follow(bob, ada);
    await block(system, ada, eve);
    await block(system, mallory, ada);
    await system.sql(
      'UPDATE social.relationships SET muted_at = now() WHERE user_id = $1 AND other_id = $2',
      [ada.id, bob.id],
    );

    const { body: asked } = await system.ask('POST /v1/me/exports', { token: ada.token });
    const { social } = await eventually(async () => {
      const { status, body } = await system.ask(`GET /v1/operations/${asked.id}/result`, {
        token: ada.token,
      });
      return status === 200 && body.data;
    });
    expect(social).toMatchObject({
      posts: [{ id: post.id, title: post.title, content: post.content, tags: post.tags }],
      comments: [{ id: answer.id, postId: theirs.id, content: 'Here too!' }],
      likes: [{ postId: theirs.id, likedAt: expect.any(String) }],
      following: [{ userId: bob.id, since: expect.any(String) }],
      followers: [{ userId: bob.id, username: theirs.author.username }],
      blocked: [{ userId: eve.id }],
      muted: [{ userId: bob.id }],
    });
    expect(JSON.stringify(social)).not.toContain(mallory.id);
    expect(JSON.stringify(social)).not.toContain("Somebody else's");
  });

  it('is exported whole, however much it is', async () => {
    await system.sql(
      `INSERT INTO social.posts (id, version, author_id, title, content, tags, created_at, updated_at)
       SELECT gen_random_uuid(), 1, $1, 'Title ' || nr, 'Content', '{}', now(), now() FROM generate_series(1, 1200) nr`,
      [ada.id],
    );
    const titles: string[] = [];
    let pages = 0;
    await system.inWorker(Transaction).run(async () => {
      for await (const [section, rows] of system.inWorker(SocialPersonalData).export(ada.id)) {
        if (section !== 'posts') continue;
        pages += 1;
        titles.push(...(rows as { title: string }[]).map(({ title }) => title));
      }
    });
    expect({ pages, all: new Set(titles).size, rows: titles.length }).toEqual({
      pages: 3,
      all: 1_200,
      rows: 1_200,
    });
  });

  it('is erased when the account is, and the others are told which posts are gone, but no title', async () => {
    const eve = await enroll(system);
    const kept = await publish(system, bob, { title: 'Kept' });
    await comment(system, eve, kept.id);
    reacting = false;
    const posts = [
      await publish(system, ada, { title: 'Unmistakable one', tags: ['unmistakable'] }),
      await publish(system, ada, { title: 'Unmistakable two' }),
    ];
    await comment(system, bob, posts[0].id);
    await comment(system, ada, posts[0].id);
    for (const content of ['Once', 'Twice']) await comment(system, ada, kept.id, content);
    for (const who of [ada, eve]) await like(system, who, kept.id);
    await follow(ada, bob);
    await follow(bob, ada);
    await follow(bob, eve);

    const receipt = await eraseEverywhere(ada);
    reacting = true;
    expect(receipt.social).toMatchObject({ posts: 2, likes: 1, relationships: 2 });
    // Of the comments on posts that go, the worker removes one, or this does.
    expect([2, 3]).toContain(receipt.social!.comments);
    await eventually(async () => {
      const { body } = await system.ask(`GET /v1/posts/${kept.id}`, { token: bob.token });
      expect(body.likesCount).toBe(1);
    });
    expect(await commentsCount(kept.id)).toBe(1);
    const ids = posts.map(({ id }) => id as string);
    await eventually(async () => {
      const left = await system.sql('SELECT 1 FROM social.comments WHERE post_id = ANY ($1::uuid[])', [ids]);
      return left.length === 0;
    });
    expect(
      await system.sql('SELECT other_id AS id FROM social.relationships WHERE user_id = $1', [bob.id]),
    ).toEqual([{ id: eve.id }]);
    const outbox = await system.sql('SELECT to_jsonb(o) FROM messaging.outbox o');
    expect(JSON.stringify(outbox)).not.toMatch(/unmistakable/i);
    // The pause before the next attempt may be as long as all before it.
    await eventually(() => ids.every((id) => deleted.includes(id)), 180_000);
    await eventually(async () => (await leftOf(ada)).length === 0);
    await eventually(async () => {
      const tags = await system.sql(
        `SELECT tag FROM social.post_tags UNION ALL SELECT tag FROM social.tag_days UNION ALL SELECT tag FROM social.tag_changes`,
      );
      expect(JSON.stringify(tags)).not.toContain('unmistakable');
    });
  }, 360_000);

  it('is erased piece by piece, never more of a kind than asked for, until nothing is left', async () => {
    const theirs = [await publish(system, bob), await publish(system, bob)];
    for (let nr = 0; nr < 3; nr += 1) {
      await publish(system, ada);
      await comment(system, ada, theirs[nr % 2].id);
      await follow(await enroll(system), ada);
    }
    await system.sql(
      `INSERT INTO social.feed_items (user_id, created_at, post_id, author_id)
       SELECT $1, now(), gen_random_uuid(), $2 FROM generate_series(1, 3)`,
      [ada.id, bob.id],
    );
    await system.sql('INSERT INTO social.merged_authors (author_id) VALUES ($1)', [ada.id]);
    await system.sql('INSERT INTO social.merged_follows (user_id, author_id) VALUES ($1, $2), ($2, $1)', [
      ada.id,
      bob.id,
    ]);
    await settled(); // also of what was tried in vain in the test before
    const pieces: Readonly<Record<string, number>>[] = [];
    do pieces.push(await erase(ada, 2));
    while (Object.values(pieces.at(-1)!).some((count) => count > 0));
    const countsOf = (kind: string) => pieces.map((piece) => piece[kind] ?? 0).filter((count) => count > 0);
    for (const kind of ['posts', 'comments', 'relationships']) expect(countsOf(kind)).toEqual([2, 1]);
    expect(Math.max(...countsOf('feedItems'))).toBe(2);
    await eventually(async () => (await leftOf(ada)).length === 0);
    for (const { id } of theirs) expect(await commentsCount(id)).toBe(0);
  }, 360_000);

  it('keeps the counts right while others comment and delete', async () => {
    const posts = await Promise.all(Array.from({ length: 4 }, () => publish(system, bob)));
    const answers = [];
    for (const { id } of posts) {
      await comment(system, ada, id);
      answers.push(await comment(system, bob, id));
    }
    await Promise.all([
      erase(ada, 1_000),
      ...posts.toReversed().map(({ id }) => comment(system, bob, id)),
      ...answers.map(({ id }) => system.ask(`DELETE /v1/comments/${id}`, { token: bob.token })),
    ]);
    for (const { id } of posts) expect(await commentsCount(id)).toBe(1);
  });

  it('is empty for an unknown user', async () => {
    expect(Object.values(await erase({ ...ada, id: newId() }, 10)).filter((count) => count > 0)).toEqual([]);
  });

  it('handles every column with user ids', async () => {
    const columns = await system.sql<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'social' AND data_type = 'uuid' AND column_name <> 'post_id'
         AND (column_name <> 'id' OR table_name = 'people')`,
    );
    expect(columns.map(({ name }) => name).sort()).toEqual(KNOWN_COLUMNS);
  });
});

describe('A user who deletes their account', () => {
  // Without the subscriber that copies people, the event comes never.
  const late = contexts.map((context) => ({
    ...context,
    subscribers: context.subscribers.filter((subscriber) => subscriber !== CopyPeople),
  }));
  const system = ownSystem(late);

  it('is hidden everywhere from that moment, however late the event arrives', async () => {
    const [ada, bob] = [await enroll(system), await enroll(system)];
    const { id } = await publish(system, ada);
    const paths = [`posts/${id}`, `users/${ada.id}/posts`, `users/${ada.id}/followers`];
    const look = async () => {
      const answers = await Promise.all(
        paths.map((path) => system.ask(`GET /v1/${path}`, { token: bob.token })),
      );
      return answers.map(({ status }) => status);
    };
    expect(await look()).toEqual([200, 200, 200]);
    expect((await system.ask('DELETE /v1/me', { token: ada.token })).status).toBe(202);
    expect(await look()).toEqual([404, 404, 404]);
  });
});
