import { type Holder, PersonalDataOfAll } from '@rookery/application';
import { Clock, type EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { OperationContinued, OperationRequested } from '../../events';
import type { Operation } from '../../model/operation';
import { StoredOperations } from '../../storage/operations';

/** Maximum rows of a kind per batch of an erasure. */
const BATCH_SIZE = 1_000;

/**
 * Runs the next batch of an export or an erasure: one context's part, or as much of it as fits into one transaction.
 * The batch, its receipt and the event that requests the next one commit together.
 */
@Subscriber('operations.advance-operation', [OperationRequested, OperationContinued], {
  queue: Queues.personalData,
  formerly: ['identity.advance-operation'],
})
export class AdvanceOperation implements Handles<typeof OperationRequested> {
  constructor(
    private readonly clock: Clock,
    private readonly operations: StoredOperations,
    private readonly personalData: PersonalDataOfAll,
  ) {}

  async handle({ type, subject, data: { kind } }: EventOf<typeof OperationRequested>): Promise<void> {
    if (kind === 'erasure' && type === OperationRequested.type) return; // a schedule starts it after the grace period
    const operation = await this.operations.find({ id: subject });
    if (!operation || operation.over) return;
    const holders = this.personalData.holders();
    const names = holders.map(({ name }) => name);
    const holder = holders.find(({ name }) => name === operation.next(names));
    if (holder && (await this.more(operation, holder))) operation.goOn();
    else if (holder) operation.finish(holder.name, names, this.clock.now());
    await this.operations.save(operation);
  }

  async onDiscarded({ subject }: EventOf<typeof OperationRequested>): Promise<void> {
    const operation = await this.operations.find({ id: subject });
    if (!operation || operation.over) return;
    operation.fail(this.clock.now());
    await this.operations.save(operation);
  }

  /** @returns whether the context has more to do. */
  private async more(operation: Operation, holder: Holder): Promise<boolean> {
    if (operation.kind === 'export') {
      await this.export(operation, holder);
      return false;
    }
    const counts = await holder.data.erase(operation.userId, BATCH_SIZE);
    operation.count(holder.name, counts);
    return Object.values(counts).some((count) => count > 0);
  }

  private async export(operation: Operation, { name, data }: Holder): Promise<void> {
    let number = 0;
    for await (const [section, rows] of data.export(operation.userId)) {
      number += 1;
      await this.operations.addPage(operation.id, name, section, number, rows);
      operation.count(name, { [section]: rows.length });
    }
  }
}
