import { Injectable } from '@nestjs/common';
import type { ErasedCounts, ExportedPage, PersonalData } from '@rookery/application';
import { Outbox, pagesById, Sql } from '@rookery/persistence';
import { Comments } from './storage/comments';
import { People } from './storage/people';
import { Posts } from './storage/posts';

const PAGE = 500;
/** Most posts to erase in one go: each is a few statements, and their comments go with them. */
const POSTS_PER_PAGE = 100;

/** @returns what is exported of the relationships in which something was wanted since `column` */
function relationships(name: string, column: string, side: 'user_id' | 'other_id' = 'user_id') {
  const other = side === 'user_id' ? 'other_id' : 'user_id';
  return {
    name,
    rows: `SELECT it.id, ${other} AS "userId", username, ${column} AS since
           FROM social.relationships it LEFT JOIN social.people ON people.id = ${other}
           WHERE ${side} = $1 AND ${column} IS NOT NULL`,
  };
}

/** What is exported. Who blocks or mutes somebody is the others' business; feeds are copies of what others wrote. */
const SECTIONS: readonly { name: string; rows: string }[] = [
  {
    name: 'posts',
    rows: `SELECT it.id, title, content, tags, created_at AS "createdAt", updated_at AS "updatedAt"
           FROM social.posts it WHERE author_id = $1`,
  },
  {
    name: 'comments',
    rows: `SELECT it.id, post_id AS "postId", content, created_at AS "createdAt", updated_at AS "updatedAt"
           FROM social.comments it WHERE author_id = $1`,
  },
  relationships('following', 'followed_at'),
  relationships('followers', 'followed_at', 'other_id'),
  relationships('blocked', 'blocked_at'),
  relationships('muted', 'muted_at'),
];

/** Columns of the schema that name a user and were thought of here. */
export const KNOWN_COLUMNS: readonly string[] = [
  'comments.author_id',
  'feed_items.author_id', // a copy of the post's: it goes when whoever keeps the feeds hears of the post's deletion
  'feed_items.user_id',
  'merged_authors.author_id',
  'merged_follows.author_id',
  'merged_follows.user_id',
  'people.id',
  'posts.author_id',
  'relationships.other_id',
  'relationships.user_id',
];

/** What this context holds about somebody. */
@Injectable()
export class SocialPersonalData implements PersonalData {
  constructor(
    private readonly comments: Comments,
    private readonly outbox: Outbox,
    private readonly people: People,
    private readonly posts: Posts,
    private readonly sql: Sql,
  ) {}

  async *export(userId: string): AsyncGenerator<ExportedPage> {
    for (const { name, rows: select } of SECTIONS) {
      const read = (after: string, limit: number) =>
        this.sql.rows<{ id: string }>(`${select} AND it.id > $2 ORDER BY it.id LIMIT $3`, [
          userId,
          after,
          limit,
        ]);
      for await (const rows of pagesById(PAGE, read)) yield [name, rows];
    }
  }

  /** Everything that is shown asks the copy whether the author is active. */
  async hide(userId: string): Promise<void> {
    await this.people.copy([userId]);
  }

  /** Posts and comments each have a transaction of their own: both lock posts, in the order of their ids. */
  async erase(userId: string, limit: number): Promise<ErasedCounts> {
    const posts = await this.erasePosts(userId, Math.min(limit, POSTS_PER_PAGE));
    if (posts > 0) return { posts };
    const comments = await this.comments.eraseBy(userId, limit);
    if (comments > 0) return { comments };
    return {
      relationships:
        (await this.eraseRows('relationships', 'id', 'user_id', userId, limit)) +
        (await this.eraseRows('relationships', 'id', 'other_id', userId, limit)),
      feedItems: await this.eraseRows('feed_items', 'ctid', 'user_id', userId, limit),
      merged:
        (await this.eraseRows('merged_follows', 'ctid', 'user_id', userId, limit)) +
        (await this.eraseRows('merged_follows', 'ctid', 'author_id', userId, limit)) +
        (await this.eraseRows('merged_authors', 'ctid', 'author_id', userId, limit)),
      people: await this.eraseRows('people', 'id', 'id', userId, limit),
    };
  }

  /**
   * The outbox forgets the titles with whatever was still to be told of the posts; that they are deleted is told after
   * that, so that they go from the feeds of others. The events go first: a reaction that is under way is waited for
   * before a post that it may look at is locked.
   */
  private async erasePosts(authorId: string, limit: number): Promise<number> {
    const found = await this.sql.rows<{ id: string }>(
      'SELECT id FROM social.posts WHERE author_id = $1 ORDER BY id LIMIT $2',
      [authorId, limit],
    );
    const ids = found.map(({ id }) => id);
    await this.outbox.forget(...ids);
    for (const id of ids) {
      const post = await this.posts.getLocked(id);
      post.delete();
      await this.posts.remove(post);
    }
    return ids.length;
  }

  /** @param key `ctid` only where rows are never updated: one that is at this moment would be missed */
  private eraseRows(
    table: string,
    key: 'ctid' | 'id',
    column: string,
    userId: string,
    limit: number,
  ): Promise<number> {
    return this.sql.execute(
      `DELETE FROM social.${table} WHERE ${key} IN (SELECT ${key} FROM social.${table} WHERE ${column} = $1 LIMIT $2)`,
      [userId, limit],
    );
  }
}
