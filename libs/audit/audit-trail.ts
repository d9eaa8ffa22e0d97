import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash, randomBytes } from 'node:crypto';
import {
  Injectable,
  Logger,
  type Type,
  type OnApplicationBootstrap,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { DurableNames, newId, Rejection } from '@rookery/domain';
import { counter, workContext } from '@rookery/observability';
import {
  EventObserver,
  isDatabaseUnavailable,
  Sql,
  type StoredEvent,
  Transaction,
} from '@rookery/persistence';
import { type AuditedAction, auditedAction, recordedOf } from './audited';
import { digestOf, type Origin } from './entry';
import { RefusalTally } from './refusal-tally';

/** The recorded data of one command or event. */
interface Note {
  action: string;
  subjectId: string | null;
  outcome: 'done' | 'rejected' | 'failed';
  code: string | null;
  details: Record<string, unknown>;
  eventIds: string[];
}

const unrecorded = counter({
  name: 'rookery_audit_unrecorded_total',
  help: 'Rejected or failed commands that could not be written to the audit log. They are in the process log.',
  labels: ['action'],
});

const aggregated = counter({
  name: 'rookery_audit_aggregated_total',
  help: 'Rejected or failed commands of anonymous callers that share one audit entry with others.',
  labels: ['action'],
});

/** Milliseconds between two entries for counted rejections. */
const TALLY_MS = 60_000;

/**
 * Writes the audit log. A completed command is recorded in its own transaction: both commit or neither. A rejected or
 * failed command is recorded after its rollback, in a separate transaction. For anonymous callers, only the first few
 * of each kind per minute get their own entry; the others are counted in one entry.
 */
@Injectable()
export class AuditTrail extends EventObserver implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(AuditTrail.name);
  private readonly actions = new DurableNames<Type, AuditedAction & { type: Type }>('command');
  private readonly tally = new RefusalTally();
  private timer: NodeJS.Timeout | undefined;
  private readonly raised = new AsyncLocalStorage<StoredEvent[]>();

  constructor(
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {
    super();
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.recordTally(), TALLY_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.recordTally();
  }

  /** Writes an entry for each kind of refusal that was only counted; if that fails, writes them to the log. */
  async recordTally(): Promise<void> {
    const notes = this.tally.take().map(({ count, ...refusal }): Note => {
      const outcome = refusal.code === null ? 'failed' : 'rejected';
      return { ...refusal, outcome, details: { repeated: count }, eventIds: [] };
    });
    if (notes.length === 0) return;
    try {
      await this.transaction.run(async () => this.write(notes));
    } catch (error) {
      for (const note of notes) this.missed(note, error as Error);
    }
  }

  /**
   * Registers a command.
   *
   * @throws Error if it has no durable name, or one that is or was used by another
   */
  register(type: Type): void {
    this.actions.add({ ...auditedAction(type), type });
  }

  /** @returns the names in entries of an action: the current name and the previous names of its command */
  namesOf(action: string): readonly string[] {
    const known = this.actions.get(action);
    return known ? [known.name, ...known.formerly] : [action];
  }

  /**
   * Records the outcome of a command.
   *
   * @param work runs it in a transaction, in which it passes the result to `recorded`
   * @returns what `work` returns
   * @throws what `work` throws; a failure to record a refusal never throws
   */
  async around<Result>(
    command: object,
    work: (recorded: (result: Result) => Result) => Promise<Result>,
  ): Promise<Result> {
    const within = this.transaction.active;
    const events: StoredEvent[] = [];
    const recorded = (result: Result): Result => {
      const note = this.noteOfResult(command, result, events);
      if (this.admits(note)) this.write([note]);
      return result;
    };
    try {
      return await this.raised.run(events, () => work(recorded));
    } catch (error) {
      const note = this.noteOfError(command, error);
      if (this.admits(note)) await this.recordFailure(note, error, within);
      throw error;
    }
  }

  /** A command's entry names its events; what happens without a command, by the clock or an event, gets its own entries. */
  override stored(events: readonly StoredEvent[]): void {
    const command = this.raised.getStore();
    if (command) command.push(...events);
    else this.write(events.map(noteOfEvent));
  }

  private admits(note: Note): boolean {
    const { actorId, client } = workContext();
    const stranger = client !== undefined && actorId === null;
    if (note.outcome === 'done' || !stranger || this.tally.admit(note)) return true;
    aggregated.inc({ action: note.action });
    return false;
  }

  /**
   * Inside another command's transaction the refusal is recorded with it if that command commits; otherwise the outer
   * command's own refusal is recorded. It must not wait for a second connection while it holds one.
   */
  private async recordFailure(note: Note, error: unknown, within: boolean): Promise<void> {
    try {
      if (within) {
        if (note.outcome === 'rejected') this.write([note]);
      } else if (isDatabaseUnavailable(error)) this.missed(note, error as Error);
      else await this.transaction.run(async () => this.write([note]));
    } catch (regret) {
      if (!within) this.missed(note, regret as Error);
    }
  }

  private missed(note: Note, reason: Error): void {
    unrecorded.inc({ action: note.action });
    this.log.error(
      { audit: note },
      `Not in the audit log, because the audit log cannot be written: ${reason.message}`,
    );
  }

  private noteOfResult(command: object, result: unknown, events: readonly StoredEvent[]): Note {
    const { name: action, options } = auditedAction(command.constructor);
    const { record, subject, refusal } = options;
    const code = refusal?.(result) ?? null;
    return {
      action,
      subjectId: subject?.(command as never, result) ?? events[0]?.subject ?? null,
      outcome: code === null ? 'done' : 'rejected',
      code,
      details: recordedOf(command, record),
      eventIds: events.map(({ id }) => id),
    };
  }

  private noteOfError(command: object, error: unknown): Note {
    const { name: action, options } = auditedAction(command.constructor);
    const { record, subject } = options;
    const code = codeOf(error);
    return {
      action,
      subjectId: (error as Partial<Rejection>).subject ?? subject?.(command as never, undefined) ?? null,
      outcome: code === null ? 'failed' : 'rejected',
      code,
      details: recordedOf(command, record),
      eventIds: [],
    };
  }

  /** In the current transaction; the commit waits for it. */
  private write(notes: readonly Note[]): void {
    const { actorId, correlationId, causationId, client } = workContext();
    const origin = client ? originOf(client) : undefined;
    const rows = notes.map((note) => ({
      id: newId(),
      action: note.action,
      actor_id: actorId,
      subject_id: note.subjectId,
      correlation_id: correlationId,
      causation_id: causationId,
      outcome: note.outcome,
      code: note.code,
      details: note.details,
      event_ids: note.eventIds,
    }));
    this.sql.send(
      `WITH added AS (
         INSERT INTO audit.entries (id, action, actor_id, subject_id, correlation_id, causation_id, outcome, code,
                                    details, event_ids, origin_digest)
         SELECT id, action, actor_id, subject_id, correlation_id, causation_id, outcome, code, details, event_ids, $2
         FROM jsonb_to_recordset($1::jsonb) AS row (id uuid, action text, actor_id uuid, subject_id uuid,
              correlation_id text, causation_id uuid, outcome text, code text, details jsonb, event_ids uuid[])
         RETURNING id
       )
       INSERT INTO audit.origins (entry_id, ip, user_agent_hash, salt)
       SELECT id, $3::inet, $4::bytea, $5::bytea FROM added WHERE $3::inet IS NOT NULL`,
      [
        JSON.stringify(rows),
        origin ? digestOf(origin) : null,
        origin?.ip ?? null,
        origin?.userAgentHash ?? null,
        origin?.salt ?? null,
      ],
    );
  }
}

function noteOfEvent({ id, type, subject }: StoredEvent): Note {
  return { action: type, subjectId: subject, outcome: 'done', code: null, details: {}, eventIds: [id] };
}

/**
 * Refusals of the web layer, such as a stale `If-Match`, have their code in a definition; this library does not depend
 * on their class.
 */
function codeOf(error: unknown): string | null {
  if (error instanceof Rejection) return error.code;
  const code = (error as { definition?: { code?: unknown } } | null)?.definition?.code;
  return typeof code === 'string' ? code : null;
}

function originOf({ ip, userAgent }: { ip: string; userAgent: string }): Origin {
  const userAgentHash = createHash('sha256').update(userAgent).digest();
  return { ip, userAgentHash, salt: randomBytes(16) };
}
