import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Frames } from '@rookery/realtime';
import { MemberAdded, MemberRemoved } from '../../contract';
import { MemberAddedFrame, MemberRemovedFrame } from '../../frames';
import { StoredMemberships } from '../../services/memberships';

/**
 * Tells the members of a workspace who has come and who has gone. Members are those of the moment at which the frame is
 * sent: whoever was removed gets nothing more, not even the frame that says so.
 */
@Subscriber('workspaces.send-member-frames', [MemberAdded, MemberRemoved], { queue: Queues.realtime })
export class SendMemberFrames implements Handles<typeof MemberAdded | typeof MemberRemoved> {
  constructor(
    private readonly frames: Frames,
    private readonly memberships: StoredMemberships,
  ) {}

  async handle({ type, data }: EventOf<typeof MemberAdded | typeof MemberRemoved>): Promise<void> {
    const { workspaceId, userId } = data;
    const members = (await this.memberships.membersOf(workspaceId)).map((member) => member.userId);
    if (type === MemberRemoved.type)
      return this.frames.send(MemberRemovedFrame, members, { workspaceId, userId });
    // A workspace that somebody has just created for themselves is no news.
    if (members.length > 1 && 'role' in data)
      await this.frames.send(MemberAddedFrame, members, { workspaceId, userId, role: data.role });
  }
}
