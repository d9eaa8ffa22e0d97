import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { OperationContinued, OperationEnded, OperationRequested } from '../events';

export type OperationKind = 'erasure' | 'export';

/** How many rows of what a holder gave or erased: `{ identity: { sessions: 2 } }`. */
export type Receipt = Record<string, Record<string, number>>;

export interface OperationState extends AggregateState {
  kind: OperationKind;
  userId: string;
  status: 'queued' | 'running' | 'succeeded' | 'failed';
  /** It is not begun before. */
  dueAt: Date;
  /** Who is through with it. */
  finishedHolders: string[];
  /** Per cent. */
  progress: number;
  receipt: Receipt;
  requestedAt: Date;
  finishedAt: Date | null;
}

/**
 * An export or an erasure of all that is held about somebody. It is done piece by piece, each in a transaction of its
 * own whose event asks for the next: whatever crashes between two pieces, the event is safe and goes on.
 */
export class Operation extends Aggregate<OperationState> {
  /** @param dueAt when it may begin */
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

  /** Whether there is nothing left to do. A failed erasure can be resumed, a failed export is requested again. */
  get over(): boolean {
    return (
      this.state.status === 'succeeded' || (this.state.status === 'failed' && this.state.kind === 'export')
    );
  }

  /** @returns the first of these that is not through with it; undefined when all are. */
  next(holders: readonly string[]): string | undefined {
    return holders.find((holder) => !this.state.finishedHolders.includes(holder));
  }

  /** Asks for the next piece; for the first one when its time has come. */
  goOn(): void {
    this.state.status = 'running';
    this.state.finishedAt = null;
    this.raise(OperationContinued, { kind: this.state.kind });
  }

  /** Notes what a holder did of its part. */
  count(holder: string, counts: Readonly<Record<string, number>>): void {
    const sum: Record<string, number> = { ...this.state.receipt[holder] };
    for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
    this.state.receipt = { ...this.state.receipt, [holder]: sum };
  }

  /**
   * Notes that a holder is through.
   *
   * @param holders all of them
   */
  finish(holder: string, holders: readonly string[], now: Date): void {
    this.state.finishedHolders = [...this.state.finishedHolders, holder];
    const done = holders.filter((name) => this.state.finishedHolders.includes(name)).length;
    this.state.progress = Math.floor((100 * done) / holders.length);
    if (this.next(holders) === undefined) this.end('succeeded', now);
    else this.goOn();
  }

  /** Notes that nobody goes on trying. */
  fail(now: Date): void {
    this.end('failed', now);
  }

  private end(status: 'succeeded' | 'failed', now: Date): void {
    this.state.status = status;
    this.state.finishedAt = now;
    this.raise(OperationEnded, { kind: this.state.kind, status });
  }
}
