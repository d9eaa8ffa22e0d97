import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { type Position, Sql } from '@rookery/persistence';
import { BY_TIME, Field, type ListQuery, type Page, pagedVisible } from '@rookery/web';
import { UserSummary } from '../../identity/contract';
import { Relations } from '../../social/contract';
import type { Reply } from '../model/reply';

/** Field options of a reply's text. */
export const REPLY = {
  text: { max: 500, trim: true, description: 'The text.', example: 'Here too!' },
};

/** A reply to a story. */
@ApiSchema({ name: 'StoryReply' })
export class ReplyView {
  @Field.uuid({ description: 'Id of the reply.' })
  id: string;

  @Field.uuid({ description: 'Id of the story.' })
  storyId: string;

  @Field.object(() => UserSummary, { description: 'Who replied.' })
  author: UserSummary;

  @Field.text(REPLY.text)
  text: string;

  @Field.dateTime({ description: 'When it was sent.' })
  createdAt: Date;
}

/** @returns a reply that was sent just now */
export function newReplyView(reply: Reply, author: UserSummary): ReplyView {
  const { id, storyId, text, createdAt } = reply.snapshot();
  return { id, storyId, author, text, createdAt };
}

/** Replies as a reader sees them. */
@Injectable()
export class ReplyViews {
  constructor(
    private readonly relations: Relations,
    private readonly sql: Sql,
  ) {}

  /** The replies to a story, newest first, without those of users who do not exist for the viewer. */
  of(storyId: string, viewerId: string, page: ListQuery): Promise<Page<ReplyView>> {
    const read = async ([createdAt, id]: Position, limit: number) => {
      const rows = await this.sql.rows<Omit<ReplyView, 'author'> & Record<string, string>>(
        `SELECT reply.id, reply.story_id AS "storyId", reply.text, reply.created_at AS "createdAt",
                author.id AS "authorId", author.username, author.name
         FROM stories.replies reply JOIN stories.people author ON author.id = reply.author_id
         WHERE reply.story_id = $1 AND (reply.created_at, reply.id) < ($2::timestamptz, $3::uuid)
         ORDER BY reply.created_at DESC, reply.id DESC LIMIT $4`,
        [storyId, createdAt, id, limit],
      );
      return rows.map(({ authorId, username, name, ...reply }): ReplyView => ({
        ...(reply as unknown as Omit<ReplyView, 'author'>),
        author: { id: authorId!, username: username!, name: name! },
      }));
    };
    return pagedVisible(page, `story-replies:${storyId}`, BY_TIME, read, async (rows) => {
      const shown = await this.relations.visibleTo(viewerId, [
        ...new Set(rows.map(({ author }) => author.id)),
      ]);
      return rows.filter(({ author }) => shown.has(author.id));
    });
  }
}
