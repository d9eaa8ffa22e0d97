import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { BY_TIME, Field, Item, type ListQuery, type Page, paged } from '@rookery/web';
import { LENGTHS, TONES } from '../../identity/contract';
import { type FailureCode, FAILURES } from '../model/failures';
import { type Status, STATUSES } from '../model/tale';

/** Limits of a wish. */
export const WISH = {
  prompt: {
    max: 500,
    trim: true,
    description: 'What the story should be about.',
    example: 'A lighthouse keeper who finds a letter',
  },
  interest: { max: 20, trim: true },
  interests: {
    max: 5,
    unique: true,
    description: 'Topics to include in the story.',
    example: ['space', 'cats'],
  },
  tone: { name: 'Tone', description: 'Mood of the story.', example: 'calm' },
  length: {
    name: 'StoryLength',
    description: 'Length of the story: about 150 to 350, 350 to 650 or 650 to 1,000 words.',
    example: 'medium',
  },
  language: { min: 2, max: 35, description: 'Language, as a BCP 47 tag.', example: 'en' },
} as const;

/** Why a tale could not be generated. */
@ApiSchema({ name: 'TaleFailure' })
export class TaleFailureView {
  @Field.oneOf(Object.keys(FAILURES), { name: 'TaleFailureCode', description: 'Code of the failure.' })
  code: string;

  @Field.text({ max: 200, description: 'The reason in one sentence.' })
  message: string;
}

/** A tale without its text, for lists. */
@ApiSchema({ name: 'TaleSummary' })
export class TaleSummaryView {
  @Field.uuid({ description: 'Id of the tale.' })
  id: string;

  @Field.oneOf(STATUSES, { name: 'TaleStatus', description: 'Current status.', example: 'ready' })
  status: Status;

  @Field.text({ max: 120, optional: true, description: 'Title. Absent until it is known.' })
  title?: string;

  @Field.integer({ min: 0, optional: true, description: 'Number of words. Absent until the story is ready.' })
  words?: number;

  @Field.object(() => TaleFailureView, {
    optional: true,
    description: 'Why it failed. Absent unless it has failed.',
  })
  failure?: TaleFailureView;

  @Field.text({
    max: 220,
    optional: true,
    description:
      'Writer of the story: `embedded` (a grammar without a language model), or the provider and its model.',
    example: 'embedded',
  })
  generator?: string;

  @Field.text({ ...WISH.prompt, optional: true })
  prompt?: string;

  @Field.list(Item.text(WISH.interest), WISH.interests)
  interests: string[];

  @Field.oneOf(TONES, WISH.tone)
  tone: string;

  @Field.oneOf(LENGTHS, WISH.length)
  length: string;

  @Field.text({
    ...WISH.language,
    description:
      'Language, as a BCP 47 tag: the requested language until the story is ready, then the language it is written in.',
  })
  language: string;

  @Field.dateTime({ description: 'When it was requested.' })
  createdAt: Date;

  @Field.dateTime({
    nullable: true,
    description: 'When it became ready, failed or was canceled; null before.',
  })
  finishedAt: Date | null;
}

/** A tale. */
@ApiSchema({ name: 'Tale' })
export class TaleView extends TaleSummaryView {
  @Field.text({
    max: 20_000,
    optional: true,
    description:
      'The text in paragraphs, separated by empty lines. While the story is being written, the text so far.',
  })
  content?: string;
}

interface TaleRow {
  [column: string]: unknown;
  id: string;
  status: Status;
  title: string | null;
  content: string | null;
  words: number | null;
  failure: FailureCode | null;
  generator: string | null;
  prompt: string | null;
  interests: string[];
  tone: string;
  length: string;
  language: string;
  createdAt: Date;
  finishedAt: Date | null;
}

const COLUMNS = `it.id, it.status, coalesce(it.title, draft.title) AS title, it.words, it.failure, it.generator, it.prompt,
  it.interests, it.tone, it.length, it.language, it.created_at AS "createdAt", it.finished_at AS "finishedAt"`;
const FROM = `FROM tales.tales it LEFT JOIN tales.drafts draft ON draft.tale_id = it.id`;

/** A tale for a reader who follows it. */
export interface Growth {
  [column: string]: unknown;
  status: Status;
  failure: FailureCode | null;
  title: string | null;
  words: number | null;
  /** Claim of whoever writes it, or has written it; 0 where there is no text. */
  claim: number;
  /** Characters of the text in all. */
  length: number;
  /** What comes behind the part that the reader has. */
  text: string;
}

/** Tales as seen by the users they are written for. */
@Injectable()
export class TaleViews {
  constructor(private readonly sql: Sql) {}

  /** @throws Rejection `resource.not-found`, also if it is somebody else's */
  async get(id: string, userId: string): Promise<TaleView> {
    const row = await this.sql.row<TaleRow>(
      `SELECT ${COLUMNS}, coalesce(it.content, nullif(draft.content, '')) AS content
       ${FROM} WHERE it.id = $1 AND it.user_id = $2`,
      [id, userId],
    );
    if (!row) throw new Rejection(NotFound);
    return viewOf(row);
  }

  /** Newest first. */
  list(userId: string, page: ListQuery): Promise<Page<TaleSummaryView>> {
    return paged(page, 'tales', BY_TIME, async ([createdAt, id], limit) => {
      const rows = await this.sql.rows<TaleRow>(
        `SELECT ${COLUMNS}, NULL AS content ${FROM}
         WHERE it.user_id = $1 AND (it.created_at, it.id) < ($2::timestamptz, $3::uuid)
         ORDER BY it.created_at DESC, it.id DESC LIMIT $4`,
        [userId, createdAt, id, limit],
      );
      return rows.map(viewOf);
    });
  }

  /**
   * @param claim of the text that the reader has a part of; of any other text they are given all
   * @param offset characters (code points) of that part
   * @returns undefined if there is no such tale of the user
   */
  growth(id: string, userId: string, claim: number, offset: number): Promise<Growth | undefined> {
    return this.sql.row<Growth>(
      `SELECT it.status, it.failure, coalesce(it.title, draft.title) AS title, it.words, written.claim,
              char_length(written.text) AS length,
              CASE WHEN written.claim = $3 THEN substr(written.text, $4 + 1) ELSE written.text END AS text
       ${FROM} CROSS JOIN LATERAL (
         -- A tale becomes ready with the version after the claim of its text.
         SELECT CASE WHEN it.status = 'ready' THEN it.version - 1 ELSE coalesce(draft.claim, 0) END AS claim,
                coalesce(it.content, draft.content, '') AS text) AS written
       WHERE it.id = $1 AND it.user_id = $2`,
      [id, userId, claim, offset],
    );
  }
}

/** @returns the failure as clients see it */
export function failureOf(code: FailureCode): TaleFailureView {
  return { code, message: FAILURES[code] };
}

function viewOf({ title, content, words, failure, generator, prompt, ...row }: TaleRow): TaleView {
  return {
    ...row,
    ...(title !== null && { title }),
    ...(content !== null && { content }),
    ...(words !== null && { words }),
    ...(failure !== null && { failure: failureOf(failure) }),
    ...(generator !== null && { generator }),
    ...(prompt !== null && { prompt }),
  };
}
