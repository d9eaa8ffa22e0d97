import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import { OwnStories, type OwnStory } from '../contract';
import { sees } from './visibility';

/** Stories for their authors. */
@Injectable()
export class StoredOwnStories extends OwnStories {
  constructor(private readonly sql: Sql) {
    super();
  }

  override async find(authorId: string, storyIds: readonly string[]): Promise<Map<string, OwnStory>> {
    const rows = await this.sql.rows<OwnStory & Record<string, unknown>>(
      `SELECT id, text FROM stories.stories story
       WHERE id = ANY ($2::uuid[]) AND ${sees({ viewer: '$1', authors: 'ARRAY[$1]', followed: `'{}'` })}`,
      [authorId, storyIds],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }
}
