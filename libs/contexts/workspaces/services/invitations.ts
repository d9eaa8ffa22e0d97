import { Injectable } from '@nestjs/common';
import { Clock, NotFound, Rejection } from '@rookery/domain';
import { Relations } from '../../social/contract';
import type { Role } from '../contract';
import { type Addressee, Invite, MAX_INVITES_PER_DAY, MAX_OPEN_INVITES } from '../model/invite';
import { verifyOwner } from '../model/member';
import { AlreadyMember, TooManyInvites } from '../model/rejections';
import { Invites } from '../storage/invites';
import { Members } from '../storage/members';
import { People } from '../storage/people';
import { Workspaces } from '../storage/workspaces';
import { InviteSecrets } from './invite-secrets';

/** Sends invites to users, or to e-mail addresses. */
@Injectable()
export class Invitations {
  constructor(
    private readonly clock: Clock,
    private readonly invites: Invites,
    private readonly members: Members,
    private readonly people: People,
    private readonly relations: Relations,
    private readonly secrets: InviteSecrets,
    private readonly workspaces: Workspaces,
  ) {}

  /**
   * Invites somebody in the current transaction. An open invite to the same addressee is replaced. Nothing here depends on
   * whether an address has an account.
   *
   * @throws Rejection `resource.not-found` if the caller cannot see the workspace or the user;
   *   `auth.forbidden`, `workspaces.personal`, `workspaces.already-member`, `workspaces.too-many-invites`
   */
  async invite(workspaceId: string, callerId: string, addressee: Addressee, role: Role): Promise<Invite> {
    const locked = await this.workspaces.lockAs(callerId, workspaceId);
    verifyOwner(locked.role);
    locked.workspace.verifyShared();
    if (addressee.userId !== null) await this.verifyInvitable(workspaceId, callerId, addressee.userId);
    const now = this.clock.now();
    const earlier = await this.invites.findUnclosed(workspaceId, addressee);
    if (earlier) {
      earlier.revoke(now);
      await this.invites.save(earlier);
    }
    if (
      (await this.invites.countOpen(workspaceId)) >= MAX_OPEN_INVITES ||
      (await this.invites.countSentBy(callerId)) >= MAX_INVITES_PER_DAY
    )
      throw new Rejection(TooManyInvites);
    const hashOf = (id: string) => this.secrets.hashOf(this.secrets.tokenOf(id));
    const invite = Invite.send(workspaceId, addressee, role, callerId, hashOf, now);
    await this.invites.save(invite);
    return invite;
  }

  private async verifyInvitable(workspaceId: string, callerId: string, userId: string): Promise<void> {
    if (!(await this.relations.visibleTo(callerId, [userId])).has(userId)) throw new Rejection(NotFound);
    await this.people.ensure(userId);
    if (await this.members.find({ workspaceId, userId })) throw new Rejection(AlreadyMember);
  }
}
