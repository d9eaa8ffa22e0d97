import { Aggregate, type AggregateState, Forbidden, newId, Rejection } from '@rookery/domain';
import { MemberAdded, MemberRemoved, MemberRoleChanged, type Role } from '../contract';
import { LastOwner } from './rejections';

export interface MemberState extends AggregateState {
  workspaceId: string;
  userId: string;
  role: Role;
  joinedAt: Date;
}

/** @throws Rejection `auth.forbidden` unless the role can manage the workspace and its members */
export function verifyOwner(role: Role): void {
  if (role !== 'owner') throw new Rejection(Forbidden);
}

/** @throws Rejection `auth.forbidden` for guests, who can only read */
export function verifyWriter(role: Role): void {
  if (role === 'guest') throw new Rejection(Forbidden);
}

/**
 * A user in a workspace. Lock the workspace before you count its other owners, so that the number stays correct until the
 * change is stored.
 */
export class Member extends Aggregate<MemberState> {
  static join(workspaceId: string, userId: string, role: Role, now: Date): Member {
    const member = new Member({ id: newId(), version: 0, workspaceId, userId, role, joinedAt: now });
    member.raise(MemberAdded, { workspaceId, userId, role });
    return member;
  }

  get userId(): string {
    return this.state.userId;
  }

  get role(): Role {
    return this.state.role;
  }

  /**
   * @param otherOwners number of other owners whose accounts are active
   * @returns whether it has changed
   * @throws Rejection `workspaces.last-owner`
   */
  changeRole(role: Role, otherOwners: number): boolean {
    const previous = this.role;
    if (role === previous) return false;
    this.verifyReplaced(otherOwners);
    this.state.role = role;
    const { workspaceId, userId } = this.state;
    this.raise(MemberRoleChanged, { workspaceId, userId, role, previous });
    return true;
  }

  /**
   * @param otherOwners number of other owners whose accounts are active
   * @throws Rejection `workspaces.last-owner`
   */
  leave(reason: 'left' | 'removed', otherOwners: number): void {
    this.verifyReplaced(otherOwners);
    this.remove(reason);
  }

  /** Removes a member whose account is erased, without the rule about the last owner. */
  erase(): void {
    this.remove('erased');
  }

  private remove(reason: 'left' | 'removed' | 'erased'): void {
    const { workspaceId, userId } = this.state;
    this.raise(MemberRemoved, { workspaceId, userId, reason });
  }

  private verifyReplaced(otherOwners: number): void {
    if (this.role === 'owner' && otherOwners === 0) throw new Rejection(LastOwner);
  }
}
