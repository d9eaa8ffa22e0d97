import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { Relations } from '../../social/contract';
import { isVisible, type StoryFacts } from '../model/visibility';

/** Which of some authors a viewer can see, and which of these they follow, at this moment. */
export interface Sight {
  viewerId: string;
  /** Ids of the authors. */
  authors: readonly string[];
  followed: readonly string[];
  /** Muted authors, followed or not. Feeds leave them out; nothing else does. */
  muted: readonly string[];
}

/** Who has published a story. */
export interface Authorship {
  authorId: string;
}

/**
 * The rule of `model/visibility.ts` in SQL. Data from social comes as parameters, read a moment before. Authors that
 * are not in them do not exist for the viewer, so that missing data shows nothing.
 *
 * @param at SQL expressions of the values of a {@link Sight}
 * @returns SQL that is true if the viewer sees `story`
 */
export function sees(at: { viewer: string; authors: string; followed: string }): string {
  return `story.deleted_at IS NULL AND story.author_id = ANY (${at.authors}::uuid[])
    AND (story.expires_at > now() OR story.highlights > 0)
    AND (story.author_id = ${at.viewer}::uuid OR story.visibility = 'public'
      OR (story.visibility = 'friends' AND story.author_id = ANY (${at.followed}::uuid[])
          AND (NOT story.restricted OR ${listed(at.viewer)})))`;
}

function listed(viewer: string): string {
  return `EXISTS (SELECT FROM stories.audiences listed WHERE listed.story_id = story.id AND listed.user_id = ${viewer}::uuid)`;
}

/** Who can see which stories: social decides who can see whom, and each story has its own visibility. */
@Injectable()
export class Visibility {
  constructor(
    private readonly relations: Relations,
    private readonly sql: Sql,
  ) {}

  /** Asks social about some authors: two statements, however many they are. */
  async sightOf(viewerId: string, authorIds: readonly string[]): Promise<Sight> {
    const known = await this.relations.relationsTo(viewerId, [...new Set(authorIds)]);
    const ids = [...known.keys()];
    return {
      viewerId,
      authors: ids,
      followed: ids.filter((id) => known.get(id)!.following),
      muted: ids.filter((id) => known.get(id)!.muting),
    };
  }

  /** @throws Rejection `resource.not-found` unless the viewer can see the author */
  async sightOfAuthor(viewerId: string, authorId: string): Promise<Sight> {
    const sight = await this.sightOf(viewerId, [authorId]);
    if (sight.authors.length === 0) throw new Rejection(NotFound);
    return sight;
  }

  /**
   * @returns who has published the story
   * @throws Rejection `resource.not-found` unless the viewer sees it now
   */
  async assertVisible(storyId: string, viewerId: string): Promise<Authorship> {
    const story = await this.sql.row<StoryFacts & { listed: boolean; now: Date }>(
      `SELECT author_id AS "authorId", visibility, restricted, highlights > 0 AS highlighted,
              expires_at AS "expiresAt", deleted_at AS "deletedAt", ${listed('$2')} AS listed, now()
       FROM stories.stories story WHERE id = $1 AND deleted_at IS NULL`,
      [storyId, viewerId],
    );
    if (!story) throw new Rejection(NotFound);
    const { authors, followed } = await this.sightOf(viewerId, [story.authorId]);
    const viewer = {
      viewerId,
      canSeeAuthor: authors.length > 0,
      following: followed.length > 0,
      listed: story.listed,
    };
    if (!isVisible(story, viewer, story.now)) throw new Rejection(NotFound);
    return { authorId: story.authorId };
  }
}
