import { Injectable } from '@nestjs/common';
import { Clock } from '@rookery/domain';
import { type ExportedOperation, Operations } from '../contract';
import { Operation, type OperationKind } from '../model/operation';
import { OperationsSettings } from '../settings';
import { StoredOperations } from '../storage/operations';
import { type OperationView, viewOf } from '../views/operation';

/** Seconds for which a repeated request returns the same export. */
const INTERVAL_SECONDS = 86_400;

/** Implementation of the contract that operations offers to other contexts. */
@Injectable()
export class OfferedOperations extends Operations {
  constructor(
    private readonly clock: Clock,
    private readonly operations: StoredOperations,
    private readonly settings: OperationsSettings,
  ) {
    super();
  }

  override async openErasureOf(userId: string): Promise<OperationView | undefined> {
    const open = await this.operations.openOf(userId, 'erasure');
    return open && this.view(open);
  }

  override async recentExportOf(userId: string): Promise<OperationView | undefined> {
    const { exportTtlSeconds } = this.settings;
    const recent = await this.operations.recentExportOf(userId, INTERVAL_SECONDS, exportTtlSeconds);
    return recent && this.view(recent);
  }

  override async start(kind: OperationKind, userId: string, dueAt?: Date): Promise<OperationView> {
    const operation = Operation.request(kind, userId, this.clock.now(), dueAt);
    await this.operations.save(operation);
    return this.view(operation);
  }

  override about(userId: string, after: string, limit: number): Promise<ExportedOperation[]> {
    return this.operations.about(userId, after, limit);
  }

  override removeExportsOf(userId: string): Promise<number> {
    return this.operations.removeExportsOf(userId);
  }

  private view(operation: Operation): OperationView {
    return viewOf(operation.snapshot(), this.settings.exportTtlSeconds);
  }
}
