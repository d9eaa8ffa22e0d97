import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Frames } from '@rookery/realtime';
import { MemberAdded, MemberRemoved } from '../../contract';
import { MemberAddedFrame, MemberRemovedFrame } from '../../frames';
import { StoredMemberships } from '../../services/memberships';

/**
 * Sends frames to the members of a workspace about users who joined or left. Recipients are the members at the time of
 * sending: a removed user gets no further frames, not even the one about the removal.
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
    // No frame for the owner of a new workspace, who is its only member.
    if (members.length > 1 && 'role' in data)
      await this.frames.send(MemberAddedFrame, members, { workspaceId, userId, role: data.role });
  }
}
