import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/**
 * The text of tales while they are generated. It is stored separately, so that it can grow without a new version of the
 * tale. It holds the claim of the worker that writes it: a worker that has lost the claim can no longer write.
 */
@Injectable()
export class Drafts {
  constructor(private readonly sql: Sql) {}

  /** Creates an empty draft in the current transaction and deletes the draft of an earlier attempt. */
  async open(taleId: string, claim: number): Promise<void> {
    await this.sql.execute(
      `INSERT INTO tales.drafts (tale_id, claim, content) VALUES ($1, $2, '')
       ON CONFLICT (tale_id) DO UPDATE SET claim = excluded.claim, title = NULL, content = ''`,
      [taleId, claim],
    );
  }

  /**
   * Adds to a draft in the current transaction.
   *
   * @returns false if the claim is lost
   */
  async append(
    taleId: string,
    claim: number,
    { title, text }: { title: string | undefined; text: string },
  ): Promise<boolean> {
    const changed = await this.sql.execute(
      `UPDATE tales.drafts SET content = content || $3, title = coalesce($4, title)
       WHERE tale_id = $1 AND claim = $2`,
      [taleId, claim, text, title ?? null],
    );
    return changed === 1;
  }

  /** @returns whether a claim is still valid */
  async holds(taleId: string, claim: number): Promise<boolean> {
    const row = await this.sql.row('SELECT 1 FROM tales.drafts WHERE tale_id = $1 AND claim = $2', [
      taleId,
      claim,
    ]);
    return row !== undefined;
  }

  /** Removes a draft when the current transaction commits: the tale is finished. */
  close(taleId: string): void {
    this.sql.send('DELETE FROM tales.drafts WHERE tale_id = $1', [taleId]);
  }
}
