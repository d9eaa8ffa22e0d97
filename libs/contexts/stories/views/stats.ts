import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { Sql } from '@rookery/persistence';
import { Field } from '@rookery/web';
import type { Emoji } from '../model/emoji';
import { REACTION_COUNTS } from './story';

/** Views and reactions that a user's stories received. */
@ApiSchema({ name: 'StoryStats' })
export class StoryStats {
  @Field.integer({ min: 0, description: 'Number of stories that you published.', example: 4 })
  posted: number;

  @Field.integer({
    min: 0,
    description: 'Number of views of your stories. Each viewer counts once for each story.',
    example: 120,
  })
  views: number;

  @Field.integer({
    min: 0,
    description: 'Number of users who viewed at least one of your stories.',
    example: 45,
  })
  uniqueViewers: number;

  @Field.counts(REACTION_COUNTS)
  reactions: Partial<Record<Emoji, number>>;
}

/** Statistics of a user's stories, including expired and deleted ones. */
@Injectable()
export class StatsViews {
  constructor(private readonly sql: Sql) {}

  /** @param days number of days to look back from now */
  async of(userId: string, days: number): Promise<StoryStats> {
    const row = await this.sql.row<StoryStats & Record<string, unknown>>(
      `SELECT (SELECT count(*)::int FROM stories.stories
               WHERE author_id = $1 AND created_at > now() - make_interval(days => $2)) AS posted,
              seen.views, seen.viewers AS "uniqueViewers",
              (SELECT coalesce(jsonb_object_agg(emoji, count), '{}') FROM (
                 SELECT emoji, count(*)::int AS count FROM stories.reactions
                 WHERE story_author_id = $1 AND reacted_at > now() - make_interval(days => $2)
                 GROUP BY emoji) AS each) AS reactions
       FROM (SELECT count(*)::int AS views, count(DISTINCT viewer_id)::int AS viewers FROM stories.story_views
             WHERE story_author_id = $1 AND viewed_at > now() - make_interval(days => $2)) AS seen`,
      [userId, days],
    );
    return row!;
  }
}
