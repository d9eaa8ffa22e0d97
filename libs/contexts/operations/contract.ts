import type { OperationKind } from './model/operation';
import type { OperationView } from './views/operation';
import { OperationContinued, OperationEnded } from './events';

export type { OperationKind } from './model/operation';
export { locationOf, OperationView } from './views/operation';

/** What an export or an erasure raises for each piece of itself: it says nothing about anybody. */
export const OPERATION_STEPS: ReadonlySet<string> = new Set([OperationContinued.type, OperationEnded.type]);

/** An operation as the export of whoever it is about tells of it. */
export interface ExportedOperation {
  id: string;
  kind: OperationKind;
  status: string;
  requestedAt: Date;
  finishedAt: Date | null;
}

/**
 * Offered to the context that knows accounts: it decides who may have data exported or erased, and starts the operation
 * in its own transaction. Every method takes part in the present one.
 */
export abstract class Operations {
  /**
   * Makes requests of one user wait for each other until the transaction ends.
   *
   * @returns the erasure of a user that is not over yet; undefined when there is none
   */
  abstract openErasureOf(userId: string): Promise<OperationView | undefined>;
  /**
   * Makes requests of one user wait for each other until the transaction ends.
   *
   * @returns the export of a user that is not over yet, else the latest of the last 24 hours that can be downloaded
   */
  abstract recentExportOf(userId: string): Promise<OperationView | undefined>;
  /**
   * Starts an export or an erasure of all that is held about a user.
   *
   * @param dueAt when an erasure may begin; at once by default
   */
  abstract start(kind: OperationKind, userId: string, dueAt?: Date): Promise<OperationView>;
  /**
   * @param after id that the page before ended with
   * @returns the operations about a user by id, at most `limit`
   */
  abstract about(userId: string, after: string, limit: number): Promise<ExportedOperation[]>;
  /**
   * Forgets the exports of a user, finished or not. Receipts of erasures stay: they hold ids alone.
   *
   * @returns how many
   */
  abstract removeExportsOf(userId: string): Promise<number>;
}
