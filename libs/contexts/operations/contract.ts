import type { OperationKind } from './model/operation';
import type { OperationView } from './views/operation';
import { OperationContinued, OperationEnded } from './events';

export type { OperationKind } from './model/operation';
export { locationOf, OperationView } from './views/operation';

/** Events that an export or an erasure raises for each batch: they are not personal data. */
export const OPERATION_STEPS: ReadonlySet<string> = new Set([OperationContinued.type, OperationEnded.type]);

/** An operation in the export of its user. */
export interface ExportedOperation {
  id: string;
  kind: OperationKind;
  status: string;
  requestedAt: Date;
  finishedAt: Date | null;
}

/**
 * Offered to the context that owns accounts: it decides whose data can be exported or erased, and starts the operation
 * in its own transaction. Every method joins the current transaction.
 */
export abstract class Operations {
  /**
   * Serializes requests of one user until the transaction ends.
   *
   * @returns the unfinished erasure of a user; undefined if there is none
   */
  abstract openErasureOf(userId: string): Promise<OperationView | undefined>;
  /**
   * Serializes requests of one user until the transaction ends.
   *
   * @returns the unfinished export of a user, else the latest of the last 24 hours that can be downloaded
   */
  abstract recentExportOf(userId: string): Promise<OperationView | undefined>;
  /**
   * Starts an export or an erasure of a user's data.
   *
   * @param dueAt earliest start of an erasure; immediately by default
   */
  abstract start(kind: OperationKind, userId: string, dueAt?: Date): Promise<OperationView>;
  /**
   * @param after last id of the previous page
   * @returns the operations of a user by id, at most `limit`
   */
  abstract about(userId: string, after: string, limit: number): Promise<ExportedOperation[]>;
  /**
   * Deletes the exports of a user, finished or not. Receipts of erasures stay: they contain only ids.
   *
   * @returns number of deleted exports
   */
  abstract removeExportsOf(userId: string): Promise<number>;
}
