import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NEWEST, type Position, Sql } from '@rookery/persistence';
import { Field, type Keyset, type ListQuery, type Page, pagedVisible } from '@rookery/web';
import { UserSummary } from '../../identity/contract';
import { Relations } from '../../social/contract';

/** A user who has viewed a story. */
@ApiSchema({ name: 'StoryViewer' })
export class StoryViewerView extends UserSummary {
  @Field.dateTime({ description: 'When they first viewed the story.' })
  viewedAt: Date;
}

/** Latest first. */
const BY_VIEW: Keyset<StoryViewerView, Position> = {
  first: NEWEST,
  of: ({ viewedAt, id }) => [viewedAt.toISOString(), id],
};

/** The users who viewed a story, as its author sees them. */
@Injectable()
export class StoryViewers {
  constructor(
    private readonly relations: Relations,
    private readonly sql: Sql,
  ) {}

  /** Leaves out users who are not active, and users with a block between them and the author in either direction. */
  of(storyId: string, authorId: string, page: ListQuery): Promise<Page<StoryViewerView>> {
    const read = ([viewedAt, id]: Position, limit: number) =>
      this.sql.rows<StoryViewerView & Record<string, unknown>>(
        `SELECT viewer.id, viewer.username, viewer.name, seen.viewed_at AS "viewedAt"
         FROM stories.story_views seen JOIN stories.people viewer ON viewer.id = seen.viewer_id
         WHERE seen.story_id = $1 AND (seen.viewed_at, seen.viewer_id) < ($2::timestamptz, $3::uuid)
         ORDER BY seen.viewed_at DESC, seen.viewer_id DESC LIMIT $4`,
        [storyId, viewedAt, id, limit],
      );
    return pagedVisible(page, `story-viewers:${storyId}`, BY_VIEW, read, async (rows) => {
      const shown = await this.relations.viewersOf(
        authorId,
        rows.map(({ id }) => id),
      );
      return rows.filter(({ id }) => shown.has(id));
    });
  }
}
