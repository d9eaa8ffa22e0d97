import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import { type PostHeadline, PostHeadlines } from '../contract';

/** Authors and titles of posts. */
@Injectable()
export class StoredPostHeadlines extends PostHeadlines {
  constructor(private readonly sql: Sql) {
    super();
  }

  override async find(postIds: readonly string[]): Promise<Map<string, PostHeadline>> {
    if (postIds.length === 0) return new Map();
    const rows = await this.sql.rows<PostHeadline & Record<string, unknown>>(
      'SELECT id, author_id AS "authorId", title FROM social.posts WHERE id = ANY ($1::uuid[])',
      [postIds],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }
}
