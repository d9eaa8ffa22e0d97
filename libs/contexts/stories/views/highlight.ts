import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { type Position, Sql } from '@rookery/persistence';
import { Field, Item } from '@rookery/web';
import type { Highlight } from '../model/highlight';
import { sees, type Sight } from '../storage/visibility';

/** Options of fields that requests and responses share. */
export const HIGHLIGHT = {
  name: { max: 50, description: 'Name of the highlight.', example: 'Summer' },
  storyIds: {
    min: 1,
    max: 100,
    unique: true,
    description: 'Ids of the stories, in the order in which they are shown.',
  },
};

/** A highlight as a reader sees it. */
@ApiSchema({ name: 'Highlight' })
export class HighlightView {
  @Field.uuid({ description: 'Id of the highlight.' })
  id: string;

  @Field.uuid({ description: 'Id of the user whose highlight it is.' })
  ownerId: string;

  @Field.name(HIGHLIGHT.name)
  name: string;

  @Field.list(Item.uuid(), {
    max: 100,
    description: 'Ids of the stories that you can see, in the order in which they are shown.',
  })
  storyIds: string[];

  @Field.dateTime({ description: 'When it was created.' })
  createdAt: Date;
}

/** @returns a highlight that its owner has just changed */
export function highlightViewOf(highlight: Highlight): HighlightView {
  const { id, ownerId, name, storyIds, createdAt } = highlight.snapshot();
  return { id, ownerId, name, storyIds, createdAt };
}

/** Highlights as a reader sees them. */
@Injectable()
export class HighlightViews {
  constructor(private readonly sql: Sql) {}

  /**
   * @returns a user's highlights, newest first, at most `limit`: all of them for their owner; for others only those
   *   with a story that they can see
   */
  of(
    ownerId: string,
    { viewerId, authors, followed }: Sight,
    [createdAt, id]: Position,
    limit: number,
  ): Promise<HighlightView[]> {
    return this.sql.rows<HighlightView & Record<string, unknown>>(
      `SELECT highlight.id, highlight.owner_id AS "ownerId", highlight.name, highlight.created_at AS "createdAt",
              shown.ids AS "storyIds"
       FROM stories.highlights highlight CROSS JOIN LATERAL (
         SELECT coalesce(array_agg(story.id ORDER BY held.place), '{}') AS ids
         FROM unnest(highlight.story_ids) WITH ORDINALITY AS held (id, place)
         JOIN stories.stories story ON story.id = held.id
         WHERE ${sees({ viewer: '$1', authors: '$2', followed: '$3' })}) AS shown
       WHERE highlight.owner_id = $4 AND (highlight.created_at, highlight.id) < ($5::timestamptz, $6::uuid)
         AND ($4 = $1 OR cardinality(shown.ids) > 0)
       ORDER BY highlight.created_at DESC, highlight.id DESC LIMIT $7`,
      [viewerId, authors, followed, ownerId, createdAt, id, limit],
    );
  }

  /**
   * @returns the owner and the stories of a highlight, in order, without any check of visibility
   * @throws Rejection `resource.not-found` if there is none
   */
  async contentOf(id: string): Promise<{ ownerId: string; storyIds: string[] }> {
    const highlight = await this.sql.row<{ ownerId: string; storyIds: string[] }>(
      'SELECT owner_id AS "ownerId", story_ids AS "storyIds" FROM stories.highlights WHERE id = $1',
      [id],
    );
    if (!highlight) throw new Rejection(NotFound);
    return highlight;
  }
}
