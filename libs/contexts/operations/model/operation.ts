import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { OperationContinued, OperationEnded, OperationRequested } from '../events';

export type OperationKind = 'erasure' | 'export';

/** Number of rows exported or erased, by context and kind: `{ identity: { sessions: 2 } }`. */
export type Receipt = Record<string, Record<string, number>>;

export interface OperationState extends AggregateState {
  kind: OperationKind;
  userId: string;
  status: 'queued' | 'running' | 'succeeded' | 'failed';
  /** Earliest start. */
  dueAt: Date;
  /** Contexts that have finished. */
  finishedHolders: string[];
  /** Progress in percent. */
  progress: number;
  receipt: Receipt;
  requestedAt: Date;
  finishedAt: Date | null;
}

/**
 * An export or an erasure of a user's data. It is done in batches, each in a separate transaction whose event requests
 * the next: after a crash between two batches, the stored event continues it.
 */
export class Operation extends Aggregate<OperationState> {
  /** @param dueAt earliest start */
  static request(kind: OperationKind, userId: string, now: Date, dueAt = now): Operation {
    const operation = new Operation({
      id: newId(),
      version: 0,
      kind,
      userId,
      status: 'queued',
      dueAt,
      finishedHolders: [],
      progress: 0,
      receipt: {},
      requestedAt: now,
      finishedAt: null,
    });
    operation.raise(OperationRequested, { kind });
    return operation;
  }

  get kind(): OperationKind {
    return this.state.kind;
  }

  get userId(): string {
    return this.state.userId;
  }

  /** Whether there is nothing left to do. A failed erasure can be resumed; a failed export must be requested again. */
  get over(): boolean {
    return (
      this.state.status === 'succeeded' || (this.state.status === 'failed' && this.state.kind === 'export')
    );
  }

  /** @returns the first of these that has not finished; undefined if all have. */
  next(holders: readonly string[]): string | undefined {
    return holders.find((holder) => !this.state.finishedHolders.includes(holder));
  }

  /** Requests the next batch; the first one when it is due. */
  goOn(): void {
    this.state.status = 'running';
    this.state.finishedAt = null;
    this.raise(OperationContinued, { kind: this.state.kind });
  }

  /** Records the result of a context's batch. */
  count(holder: string, counts: Readonly<Record<string, number>>): void {
    const sum: Record<string, number> = { ...this.state.receipt[holder] };
    for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
    this.state.receipt = { ...this.state.receipt, [holder]: sum };
  }

  /**
   * Records that a context has finished.
   *
   * @param holders all contexts with personal data
   */
  finish(holder: string, holders: readonly string[], now: Date): void {
    this.state.finishedHolders = [...this.state.finishedHolders, holder];
    const done = holders.filter((name) => this.state.finishedHolders.includes(name)).length;
    this.state.progress = Math.floor((100 * done) / holders.length);
    if (this.next(holders) === undefined) this.end('succeeded', now);
    else this.goOn();
  }

  /** Records that it failed and will not be retried. */
  fail(now: Date): void {
    this.end('failed', now);
  }

  private end(status: 'succeeded' | 'failed', now: Date): void {
    this.state.status = status;
    this.state.finishedAt = now;
    this.raise(OperationEnded, { kind: this.state.kind, status });
  }
}
