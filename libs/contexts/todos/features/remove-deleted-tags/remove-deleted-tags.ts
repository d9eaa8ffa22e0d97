import { type EventOf, occurred } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Outbox } from '@rookery/persistence';
import { TagDeleted } from '../../../workspaces/contract';
import { TagRemovalContinued } from '../../events';
import { TodoTags } from '../../storage/todo-tags';

const BATCH_SIZE = 500;

/** Removes a deleted tag from todos in batches. The versions of the todos stay the same: nobody edited them. */
@Subscriber('todos.remove-deleted-tags', [TagDeleted, TagRemovalContinued], { queue: Queues.projections })
export class RemoveDeletedTags implements Handles<typeof TagDeleted | typeof TagRemovalContinued> {
  constructor(
    private readonly outbox: Outbox,
    private readonly tags: TodoTags,
  ) {}

  async handle({ subject, data }: EventOf<typeof TagDeleted | typeof TagRemovalContinued>): Promise<void> {
    const tagId = 'tagId' in data ? data.tagId : subject;
    if ((await this.tags.removeEverywhere(tagId, BATCH_SIZE)) === BATCH_SIZE)
      await this.outbox.append([occurred(TagRemovalContinued, { tagId })]);
  }
}
