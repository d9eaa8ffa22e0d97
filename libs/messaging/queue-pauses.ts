import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import { Dispatch } from './dispatch';

/** A pause of a queue. */
export interface QueuePause {
  pausedAt: Date;
  /** Id of the operator; null if it is not known. */
  pausedBy: string | null;
}

/** Queues that operators have paused. PostgreSQL stores them; every second a worker applies them to Redis. */
@Injectable()
export class QueuePauses {
  constructor(
    private readonly dispatch: Dispatch,
    private readonly sql: Sql,
  ) {}

  /**
   * Pauses a queue with the current transaction. It stays paused by whoever paused it first.
   *
   * @param by id of the operator
   */
  async pause(queue: string, by: string): Promise<QueuePause> {
    await this.sql.execute(
      'INSERT INTO messaging.paused_queues (queue, paused_by) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [queue, by],
    );
    const row = await this.sql.row<QueuePause & Record<string, unknown>>(
      `SELECT paused_at AS "pausedAt", paused_by AS "pausedBy" FROM messaging.paused_queues WHERE queue = $1 FOR SHARE`,
      [queue],
    );
    return row ?? this.pause(queue, by); // it was resumed in between
  }

  /** Resumes a queue with the current transaction. */
  async resume(queue: string): Promise<void> {
    await this.sql.execute('DELETE FROM messaging.paused_queues WHERE queue = $1', [queue]);
  }

  /** @returns the names of the paused queues. */
  async all(): Promise<ReadonlySet<string>> {
    const rows = await this.sql.rows<{ queue: string }>('SELECT queue FROM messaging.paused_queues');
    return new Set(rows.map(({ queue }) => queue));
  }

  /** Pauses and resumes the queues in Redis as PostgreSQL says, whatever Redis has lost or missed. */
  async apply(): Promise<void> {
    await this.dispatch.pauseOnly(await this.all());
  }
}
