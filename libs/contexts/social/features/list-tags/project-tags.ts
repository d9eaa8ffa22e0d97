import type { EventOf, RaisedEvent } from '@rookery/domain';
import {
  type Handles,
  Queues,
  type Rebuildable,
  Schedule,
  type Scheduled,
  Subscriber,
} from '@rookery/messaging';
import { pagesById, Sql } from '@rookery/persistence';
import { PostCreated, PostDeleted, PostUpdated } from '../../contract';
import { MAX_TAG_DAYS, type PostTagKey, PostTags } from '../../storage/post-tags';

const CHANGES = [PostCreated, PostDeleted, PostUpdated];
const PAGE = 100;

/** Adds tag changes to the counts of each day. */
@Schedule('social.fold-tag-counts', { everySeconds: 2 })
export class FoldTagCounts implements Scheduled {
  constructor(private readonly tags: PostTags) {}

  run(): Promise<void> {
    return this.tags.fold();
  }
}

/** Projects the posts of each tag. It reads the current state, so neither order nor repetition of events matters. */
@Subscriber('social.project-tags', CHANGES, { queue: Queues.projections })
export class ProjectTags implements Handles<(typeof CHANGES)[number]>, Rebuildable {
  constructor(
    private readonly sql: Sql,
    private readonly tags: PostTags,
  ) {}

  handle({ subject }: EventOf<(typeof CHANGES)[number]>): Promise<void> {
    return this.tags.reconcile(subject);
  }

  async sweep(after: string | null, limit: number): Promise<string | null> {
    const [table, key] = JSON.parse(after ?? '["tags"]') as ['tags', PostTagKey?] | ['days', number];
    if (table === 'days') {
      await this.tags.recount(key);
      return key + 1 < MAX_TAG_DAYS ? JSON.stringify(['days', key + 1]) : null;
    }
    const end = await this.tags.sweep(key, limit);
    return JSON.stringify(end ? ['tags', end] : ['days', 0]);
  }

  async *replay(): AsyncIterable<readonly RaisedEvent[]> {
    const read = (after: string, limit: number) =>
      this.sql.rows<{ id: string; version: number; authorId: string; title: string; tags: string[] }>(
        `SELECT id, version, author_id AS "authorId", title, tags FROM social.posts
         WHERE id > $1 AND tags <> '{}' ORDER BY id LIMIT $2`,
        [after, limit],
      );
    for await (const posts of pagesById(PAGE, read)) {
      yield posts.map(({ id, version, ...data }) => ({
        definition: PostCreated,
        subject: id,
        sequence: version,
        data,
      }));
    }
  }
}
