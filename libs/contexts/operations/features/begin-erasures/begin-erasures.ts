import { Schedule, type Scheduled } from '@rookery/messaging';
import { StoredOperations } from '../../storage/operations';

/** Maximum erasures that are started per run. */
const BATCH_SIZE = 100;

/** Starts the erasures whose grace period is over. */
@Schedule('operations.begin-erasures', {
  everySeconds: 5,
  formerly: ['identity.begin-erasures', 'identity.BeginErasures'],
})
export class BeginErasures implements Scheduled {
  constructor(private readonly operations: StoredOperations) {}

  async run(): Promise<void> {
    for (const id of await this.operations.dueErasures(BATCH_SIZE)) {
      const operation = await this.operations.get(id);
      operation.goOn();
      await this.operations.save(operation);
    }
  }
}
