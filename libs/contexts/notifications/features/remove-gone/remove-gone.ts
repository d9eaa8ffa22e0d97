import { type EventOf, occurred } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Outbox } from '@rookery/persistence';
import { UserDeleted } from '../../../identity/contract';
import { PostDeleted, UserBlocked } from '../../../social/contract';
import { StoryDeleted, StoryExpired } from '../../../stories/contract';
import { TodoDeleted } from '../../../todos/contract';
import { MemberRemoved, WorkspaceDeleted } from '../../../workspaces/contract';
import { RemovalContinued } from '../../events';
import { Notifications, type RemovedBy } from '../../storage/notifications';

const CHANGES = [
  PostDeleted,
  RemovalContinued,
  StoryDeleted,
  StoryExpired,
  TodoDeleted,
  UserDeleted,
  WorkspaceDeleted,
];
/** Rows per transaction, so that it stays within the time limit of the queue. */
const BATCH_SIZE = 1_000;

/**
 * Removes notifications about deleted targets, and removes deleted users from other notifications. Until then nobody sees
 * them either, but they count as unread.
 */
@Subscriber('notifications.remove-gone', CHANGES, { queue: Queues.notifications })
export class RemoveGone implements Handles<(typeof CHANGES)[number]> {
  constructor(
    private readonly notifications: Notifications,
    private readonly outbox: Outbox,
  ) {}

  async handle(event: EventOf<(typeof CHANGES)[number]>): Promise<void> {
    const { type, subject, data } = event;
    if ('of' in data) return this.remove(data.of, data.id);
    if (type === UserDeleted.type) return this.remove('actor', subject);
    if ('kept' in data && data.kept) return;
    await this.notifications.lockTarget(subject);
    return this.remove(type === WorkspaceDeleted.type ? 'scope' : 'target', subject);
  }

  /** The batch and the event that requests the next one commit together. */
  private async remove(by: RemovedBy, id: string): Promise<void> {
    const removed = await this.notifications.removeBy(by, id, BATCH_SIZE);
    if (removed >= BATCH_SIZE) await this.outbox.append([occurred(RemovalContinued, { of: by, id })]);
  }
}

/** Removes users who have blocked each other from each other's inboxes. */
@Subscriber('notifications.remove-blocked', UserBlocked, { queue: Queues.notifications })
export class RemoveBlocked implements Handles<typeof UserBlocked> {
  constructor(private readonly notifications: Notifications) {}

  async handle({ data: { userId, otherId } }: EventOf<typeof UserBlocked>): Promise<void> {
    // In one order, so that two users who block each other at once cause no deadlock.
    const [first, second] = [userId, otherId].toSorted() as [string, string];
    for (const [actor, reader] of [
      [first, second],
      [second, first],
    ] as const) {
      while ((await this.notifications.removeBy('actor', actor, BATCH_SIZE, reader)) >= BATCH_SIZE);
    }
  }
}

/** Removes notifications about a workspace from the inboxes of former members. */
@Subscriber('notifications.remove-former-member', MemberRemoved, { queue: Queues.notifications })
export class RemoveFormerMember implements Handles<typeof MemberRemoved> {
  constructor(private readonly notifications: Notifications) {}

  /** Keeps notifications that are newer than the event: the user can have returned meanwhile. */
  handle({ occurredAt, data: { workspaceId, userId } }: EventOf<typeof MemberRemoved>): Promise<void> {
    return this.notifications.removeScope(workspaceId, userId, occurredAt);
  }
}
