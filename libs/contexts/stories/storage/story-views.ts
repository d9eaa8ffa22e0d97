import { Injectable } from '@nestjs/common';
import { newId, occurred } from '@rookery/domain';
import { Outbox, Sql } from '@rookery/persistence';
import { StoryViewed } from '../contract';
import { ResponseCounts } from './response-counts';

/** Who has seen a story, once for each viewer. */
@Injectable()
export class StoryViews {
  constructor(
    private readonly counts: ResponseCounts,
    private readonly outbox: Outbox,
    private readonly sql: Sql,
  ) {}

  /**
   * Records that somebody has viewed a story. If the same view is recorded concurrently, the unique key admits one; the
   * others wait for it and change nothing.
   *
   * @returns whether it was the first time
   */
  async record(storyId: string, authorId: string, viewerId: string, now: Date): Promise<boolean> {
    const added = await this.sql.execute(
      `INSERT INTO stories.story_views (story_id, viewer_id, story_author_id, viewed_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (story_id, viewer_id) DO NOTHING`,
      [storyId, viewerId, authorId, now],
    );
    if (added === 0) return false;
    this.counts.change(storyId, 'views', 1);
    await this.outbox.append([
      occurred(StoryViewed, { storyId, authorId, viewerId, viewedAt: now.toISOString() }, newId()),
    ]);
    return true;
  }
}
