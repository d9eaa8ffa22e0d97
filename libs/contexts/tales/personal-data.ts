import { Injectable } from '@nestjs/common';
import type { ErasedCounts, ExportedPage, PersonalData } from '@rookery/application';
import { Clock } from '@rookery/domain';
import { Outbox, pagesById, Sql } from '@rookery/persistence';
import { Drafts } from './storage/drafts';
import { Tales } from './storage/tales';

const PAGE = 200;

/** Columns of the schema that are exported, or that contain nothing about the user beyond the exported data. */
export const KNOWN_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  tales: [
    'content',
    'created_at',
    'failure',
    'finished_at',
    'generator',
    'id',
    'interests',
    'language',
    'length',
    'prompt',
    'requested_at',
    'run',
    'status',
    'title',
    'tone',
    'user_id',
    'version',
    'words',
  ],
  // A part of the text, which is exported; erased with its tale.
  drafts: ['claim', 'content', 'tale_id', 'title'],
  usage: ['cost_micros', 'day', 'generations', 'input_tokens', 'output_tokens', 'user_id'],
};

/** Personal data of this context. */
@Injectable()
export class TalesPersonalData implements PersonalData {
  constructor(
    private readonly clock: Clock,
    private readonly drafts: Drafts,
    private readonly outbox: Outbox,
    private readonly sql: Sql,
    private readonly tales: Tales,
  ) {}

  async *export(userId: string): AsyncGenerator<ExportedPage> {
    const read = (after: string, limit: number) =>
      this.sql.rows<{ id: string }>(
        `SELECT id, status, prompt, interests, tone, length, language, generator, title, content, words, failure,
                run AS requests, created_at AS "createdAt", requested_at AS "requestedAt", finished_at AS "finishedAt"
         FROM tales.tales WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3`,
        [userId, after, limit],
      );
    for await (const rows of pagesById(PAGE, read)) yield ['tales', rows];
    // At most one row for each day that is kept.
    const usage = await this.sql.rows(
      `SELECT day::text, generations, input_tokens::float8 AS "inputTokens", output_tokens::float8 AS "outputTokens",
              cost_micros / 1e6::float8 AS cost
       FROM tales.usage WHERE user_id = $1 ORDER BY day`,
      [userId],
    );
    yield ['usage', usage];
  }

  /** Cancels unfinished tales: nobody will read them, and they cost nothing more. */
  async hide(userId: string): Promise<void> {
    for (const id of await this.tales.active(userId)) {
      const tale = await this.tales.findLocked(id);
      if (!tale?.active || !tale.cancel(this.clock.now())) continue;
      this.drafts.close(id);
      await this.tales.save(tale);
    }
  }

  /** Drafts are deleted with their tales, so a worker that is generating one loses its claim. */
  async erase(userId: string, limit: number): Promise<ErasedCounts> {
    const found = await this.sql.rows<{ id: string }>(
      'SELECT id FROM tales.tales WHERE user_id = $1 ORDER BY id LIMIT $2',
      [userId, limit],
    );
    const ids = found.map(({ id }) => id);
    if (ids.length > 0) await this.outbox.forget(...ids);
    return {
      tales: await this.sql.execute('DELETE FROM tales.tales WHERE id = ANY ($1::uuid[])', [ids]),
      usage: await this.sql.execute(
        `DELETE FROM tales.usage WHERE (user_id, day) IN (
           SELECT user_id, day FROM tales.usage WHERE user_id = $1 LIMIT $2)`,
        [userId, limit],
      ),
    };
  }
}
