import { Schedule, type Scheduled } from '@rookery/messaging';
import { OperationsSettings } from '../../settings';
import { StoredOperations } from '../../storage/operations';

const BATCH_SIZE = 500;

/** Deletes expired exports. */
@Schedule('operations.remove-old-exports', {
  everySeconds: 60,
  formerly: ['identity.remove-old-exports', 'identity.RemoveOldExports'],
})
export class RemoveOldExports implements Scheduled {
  constructor(
    private readonly operations: StoredOperations,
    private readonly settings: OperationsSettings,
  ) {}

  async run(): Promise<boolean> {
    return (await this.operations.removeOldPages(this.settings.exportTtlSeconds, BATCH_SIZE)) === BATCH_SIZE;
  }
}
