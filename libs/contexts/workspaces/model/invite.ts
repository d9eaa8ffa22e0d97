import { Aggregate, type AggregateState, newId, Rejection } from '@rookery/domain';
import { InviteRevoked, MemberInvited, type Role } from '../contract';
import { InviteAccepted } from '../events';
import { InviteClosed } from './rejections';

/** Days for which an invite can be accepted. */
export const INVITE_DAYS = 7;
/** Maximum number of open invites to a workspace. */
export const MAX_OPEN_INVITES = 100;
/** Maximum number of invites that one user can send in a day, to all workspaces together. */
export const MAX_INVITES_PER_DAY = 50;

/** Who is invited: a user, or the user who has verified an address. */
export type Addressee = { userId: string; email: null } | { userId: null; email: string };

export interface InviteState extends AggregateState {
  workspaceId: string;
  /** Invited address in lower case; null if a user is invited. */
  email: string | null;
  userId: string | null;
  role: Role;
  /** Null once their account is erased. */
  invitedBy: string | null;
  tokenHash: Buffer;
  createdAt: Date;
  expiresAt: Date;
  closedAt: Date | null;
}

/** An invite to a workspace. It can be accepted once, and only by its addressee. */
export class Invite extends Aggregate<InviteState> {
  /** @param hashOf computes the hash of the token of an invite from its id */
  static send(
    workspaceId: string,
    addressee: Addressee,
    role: Role,
    invitedBy: string,
    hashOf: (id: string) => Buffer,
    now: Date,
  ): Invite {
    const id = newId();
    const invite = new Invite({
      id,
      version: 0,
      workspaceId,
      ...addressee,
      role,
      invitedBy,
      tokenHash: hashOf(id),
      createdAt: now,
      expiresAt: new Date(now.getTime() + INVITE_DAYS * 86_400_000),
      closedAt: null,
    });
    invite.raise(MemberInvited, { workspaceId, userId: addressee.userId, role });
    return invite;
  }

  get workspaceId(): string {
    return this.state.workspaceId;
  }

  get role(): Role {
    return this.state.role;
  }

  get invitedBy(): string | null {
    return this.state.invitedBy;
  }

  get createdAt(): Date {
    return this.state.createdAt;
  }

  /** @param who the user with their verified address */
  isFor(who: { userId: string; email: string }): boolean {
    return this.state.userId === null ? this.state.email === who.email : this.state.userId === who.userId;
  }

  isOpen(now: Date): boolean {
    return this.state.closedAt === null && now < this.state.expiresAt;
  }

  /** @throws Rejection `workspaces.invite-closed` */
  accept(now: Date): void {
    if (!this.isOpen(now)) throw new Rejection(InviteClosed);
    this.state.closedAt = now;
    this.raise(InviteAccepted, { workspaceId: this.workspaceId });
  }

  /** Also works for an expired invite, so that another one can be sent to the same addressee. */
  revoke(now: Date): void {
    this.state.closedAt = now;
    this.raise(InviteRevoked, { workspaceId: this.workspaceId });
  }
}
