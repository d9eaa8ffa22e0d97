import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { type Position, Sql } from '@rookery/persistence';
import { Field, Item } from '@rookery/web';
import { UserSummary } from '../../identity/contract';
import { MediaLibrary, type MediaUrls } from '../../media/contract';
import { EMOJI, type Emoji } from '../model/emoji';
import { VISIBILITIES, type StoryVisibility } from '../model/visibility';
import { sees, type Sight, Visibility } from '../storage/visibility';

/** Field options that requests and responses share. */
export const STORY = {
  text: { min: 0, max: 500, trim: true, description: 'The text.', example: 'The swifts are back!' },
  visibility: {
    name: 'StoryVisibility',
    description:
      'Who can see the story. `public`: everybody. `friends`: your followers. `private`: only you.',
    example: 'friends',
  },
  audience: {
    min: 1,
    max: 200,
    unique: true,
    description:
      'Ids of the followers who can see the story. Requires the visibility `friends`. Default: all followers.',
  },
} as const;

/** Counts of reactions, by emoji. */
export const REACTION_COUNTS = {
  description: 'Number of reactions by emoji. Emoji without reactions are left out.',
  example: { '❤️': 3 },
};

/** The image or video of a story. */
@ApiSchema({ name: 'StoryMedia' })
export class StoryMediaView implements MediaUrls {
  @Field.text({ max: 100, description: 'Media type of `url`.', example: 'image/webp' })
  contentType: string;

  @Field.url({
    description: 'URL of the video, or of the image in its largest size. The URL expires after some time.',
  })
  url: string;

  @Field.url({ nullable: true, description: 'The image, at most 160 pixels wide and high.' })
  small: string | null;

  @Field.url({ nullable: true, description: 'The image, at most 640 pixels wide and high.' })
  medium: string | null;

  @Field.url({ nullable: true, description: 'The image, at most 2,048 pixels wide and high.' })
  large: string | null;

  @Field.oneOf(['processing', 'ready'], {
    description:
      '`processing`: the sizes of the image are being created, and `url` returns 404 until they are ready.',
  })
  state: 'processing' | 'ready';
}

/** A story as a reader sees it. */
@ApiSchema({ name: 'Story' })
export class StoryView {
  @Field.uuid({ description: 'Id of the story.' })
  id: string;

  @Field.object(() => UserSummary, { description: 'The author.' })
  author: UserSummary;

  @Field.text({ ...STORY.text, nullable: true })
  text: string | null;

  @Field.object(() => StoryMediaView, {
    nullable: true,
    description: 'The image or video; null if the story has none.',
  })
  media: StoryMediaView | null;

  @Field.oneOf(VISIBILITIES, STORY.visibility)
  visibility: StoryVisibility;

  @Field.list(Item.uuid(), {
    ...STORY.audience,
    nullable: true,
    description:
      'Ids of the followers who can see the story. Null if it is not restricted to some followers, and null for everybody but the author.',
  })
  audienceUserIds: string[] | null;

  @Field.integer({
    nullable: true,
    description: 'Number of users who have viewed it; null for everybody but the author.',
    example: 12,
  })
  viewsCount: number | null;

  @Field.integer({
    description: 'Number of replies, including those that you cannot see.',
    example: 2,
  })
  repliesCount: number;

  @Field.counts(REACTION_COUNTS)
  reactions: Partial<Record<Emoji, number>>;

  @Field.list(Item.oneOf(EMOJI, 'StoryEmoji'), { max: EMOJI.length, description: 'Your own reactions.' })
  myReactions: Emoji[];

  @Field.boolean({ description: 'Whether you have viewed it.' })
  viewed: boolean;

  @Field.boolean({ description: 'Whether it is in a highlight, and so stays visible after it expires.' })
  highlighted: boolean;

  @Field.dateTime({ description: 'When it was published.' })
  createdAt: Date;

  @Field.dateTime({ description: 'When it expires. Feeds and lists no longer include it from this time.' })
  expiresAt: Date;
}

interface Row extends Record<string, unknown> {
  id: string;
  authorId: string;
  username: string;
  name: string;
  text: string | null;
  mediaKey: string | null;
  visibility: StoryVisibility;
  audience: string[] | null;
  counts: Record<string, number>;
  mine: Emoji[];
  viewed: boolean;
  highlighted: boolean;
  createdAt: Date;
  expiresAt: Date;
}

/** Scalar subqueries: each reads a few rows by key, however many views a story has. $1 is the viewer. */
const SELECT_STORY = `SELECT story.id, story.author_id AS "authorId", author.username, author.name, story.text,
    story.media_key AS "mediaKey", story.visibility,
    CASE WHEN story.restricted AND story.author_id = $1
         THEN (SELECT array_agg(user_id ORDER BY user_id) FROM stories.audiences WHERE story_id = story.id) END AS audience,
    (SELECT coalesce(jsonb_object_agg(kind, count), '{}') FROM stories.response_counts
     WHERE story_id = story.id AND count > 0) AS counts,
    (SELECT coalesce(array_agg(emoji ORDER BY reacted_at, id), '{}') FROM stories.reactions
     WHERE story_id = story.id AND user_id = $1) AS mine,
    coalesce((SELECT true FROM stories.story_views WHERE story_id = story.id AND viewer_id = $1), false) AS viewed,
    story.highlights > 0 AS highlighted, story.created_at AS "createdAt", story.expires_at AS "expiresAt"
  FROM stories.stories story JOIN stories.people author ON author.id = story.author_id`;

const SEES = sees({ viewer: '$1', authors: '$2', followed: '$3' });

/** Stories as a reader sees them. */
@Injectable()
export class StoryReader {
  constructor(
    private readonly media: MediaLibrary,
    private readonly sql: Sql,
    private readonly visibility: Visibility,
  ) {}

  /** @throws Rejection `resource.not-found` if there is none, or the viewer cannot see it */
  async get(id: string, viewerId: string): Promise<StoryView> {
    const { authorId } = await this.visibility.assertVisible(id, viewerId);
    const [story] = await this.among(await this.visibility.sightOf(viewerId, [authorId]), [id]);
    if (!story) throw new Rejection(NotFound);
    return story;
  }

  /** @returns a story that the current transaction has published, as its author sees it */
  async reload(id: string, authorId: string): Promise<StoryView> {
    const row = await this.sql.row<Row>(`${SELECT_STORY} WHERE story.id = $2`, [authorId, id]);
    return (await this.viewsOf([row!], authorId))[0]!;
  }

  /** @returns those of the given stories that the viewer can see, in the given order */
  async among(sight: Sight, ids: readonly string[]): Promise<StoryView[]> {
    const rows = await this.sql.rows<Row>(`${SELECT_STORY} WHERE story.id = ANY ($4::uuid[]) AND ${SEES}`, [
      ...valuesOf(sight),
      ids,
    ]);
    const stories = new Map((await this.viewsOf(rows, sight.viewerId)).map((story) => [story.id, story]));
    return ids.flatMap((id) => stories.get(id) ?? []);
  }

  /**
   * @returns the stories of an author that have not expired and that the viewer can see, newest first, at most `limit`
   */
  async by(authorId: string, sight: Sight, [createdAt, id]: Position, limit: number): Promise<StoryView[]> {
    const rows = await this.sql.rows<Row>(
      `${SELECT_STORY} WHERE story.author_id = $4 AND (story.created_at, story.id) < ($5::timestamptz, $6::uuid)
         AND story.ended_at IS NULL AND story.expires_at > now() AND ${SEES}
       ORDER BY story.created_at DESC, story.id DESC LIMIT $7`,
      [...valuesOf(sight), authorId, createdAt, id, limit],
    );
    return this.viewsOf(rows, sight.viewerId);
  }

  /** One statement for the links of all of them. */
  private async viewsOf(rows: readonly Row[], viewerId: string): Promise<StoryView[]> {
    const keys = rows.flatMap(({ mediaKey }) => mediaKey ?? []);
    const media = keys.length > 0 ? await this.media.urlsOf(keys) : new Map<string, MediaUrls>();
    return rows.map(({ authorId, username, name, mediaKey, audience, counts, mine, ...rest }) => {
      const { views = 0, replies = 0, ...reactions } = counts;
      return {
        ...rest,
        author: { id: authorId, username, name },
        media: (mediaKey !== null && media.get(mediaKey)) || null,
        audienceUserIds: audience,
        viewsCount: authorId === viewerId ? views : null,
        repliesCount: replies,
        reactions,
        myReactions: mine,
      };
    });
  }
}

/** @returns the parameters $1 to $3 of {@link SEES} */
function valuesOf({ viewerId, authors, followed }: Sight): [string, readonly string[], readonly string[]] {
  return [viewerId, authors, followed];
}
