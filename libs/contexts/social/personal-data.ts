import { Injectable } from '@nestjs/common';
import type { ErasedCounts, ExportedPage, PersonalData } from '@rookery/application';
import { Outbox, pagesById, Sql } from '@rookery/persistence';
import { Comments } from './storage/comments';
import { Likes } from './storage/likes';
import { People } from './storage/people';
import { Posts } from './storage/posts';
import { ProfileCounts } from './storage/profile-counts';

const PAGE = 500;
/** Maximum posts to erase per call: each takes a few statements. */
const POSTS_PER_PAGE = 100;

/** @returns the exported relationships of one kind, by the column with its start time */
function relationships(name: string, column: string, side: 'user_id' | 'other_id' = 'user_id') {
  const other = side === 'user_id' ? 'other_id' : 'user_id';
  return {
    name,
    rows: `SELECT it.id, ${other} AS "userId", username, ${column} AS since
           FROM social.relationships it LEFT JOIN social.people ON people.id = ${other}
           WHERE ${side} = $1 AND ${column} IS NOT NULL`,
  };
}

/** What is exported. Who blocks or mutes the user is other people's data; feeds are copies of others' content. */
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
  {
    name: 'likes',
    rows: `SELECT it.id, post_id AS "postId", liked_at AS "likedAt" FROM social.likes it WHERE user_id = $1`,
  },
  relationships('following', 'followed_at'),
  relationships('followers', 'followed_at', 'other_id'),
  relationships('blocked', 'blocked_at'),
  relationships('muted', 'muted_at'),
];

/** Columns of the schema with user ids that are handled here. */
export const KNOWN_COLUMNS: readonly string[] = [
  'comments.author_id',
  'counted_follows.other_id',
  'counted_follows.user_id',
  'counted_posts.author_id',
  'feed_items.author_id', // a copy from the post: the feed projection removes it after the post's deletion
  'feed_items.user_id',
  'likes.user_id',
  'merged_authors.author_id',
  'merged_follows.author_id',
  'merged_follows.user_id',
  'people.id',
  'posts.author_id',
  'profile_counts.user_id',
  'relationships.other_id',
  'relationships.user_id',
];

/** Personal data of this context. */
@Injectable()
export class SocialPersonalData implements PersonalData {
  constructor(
    private readonly comments: Comments,
    private readonly counts: ProfileCounts,
    private readonly likes: Likes,
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

  /** All queries check in the copy whether the author is active. */
  async hide(userId: string): Promise<void> {
    await this.people.copy([userId]);
  }

  /** Posts and comments are erased in separate transactions: both lock posts, in the order of their ids. */
  async erase(userId: string, limit: number): Promise<ErasedCounts> {
    const posts = await this.erasePosts(userId, Math.min(limit, POSTS_PER_PAGE));
    if (posts > 0) return { posts };
    const comments = await this.comments.eraseBy(userId, limit);
    if (comments > 0) return { comments };
    const likes = await this.likes.eraseBy(userId, limit);
    if (likes > 0) return { likes };
    const counts = await this.counts.erase(userId, limit);
    if (counts > 0) return { counts };
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
   * Deletes the events of the posts, which contain titles, from the outbox, with their open deliveries; the deletion
   * events are appended afterwards, so that feeds are cleaned up. Events are deleted first: this waits for running
   * subscribers before locking posts that they may read.
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

  /** @param key `ctid` only if rows are never updated: a row that is being updated would be missed */
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
