import { Injectable } from '@nestjs/common';
import { Accounts } from '../../identity/contract';
import { Memberships } from '../../workspaces/contract';
import { mentionsIn } from '../model/todo-comment';

/** Finds the members of the workspace whom a text mentions by their usernames. */
@Injectable()
export class Mentions {
  constructor(
    private readonly accounts: Accounts,
    private readonly memberships: Memberships,
  ) {}

  /** @returns ids of the mentioned members, without the author */
  async of(text: string, workspaceId: string, authorId: string): Promise<string[]> {
    const names = new Set(mentionsIn(text));
    if (names.size === 0) return [];
    const members = await this.memberships.membersOf(workspaceId);
    const accounts = await this.accounts.find(members.map(({ userId }) => userId));
    return accounts
      .filter(({ id, active, username }) => active && id !== authorId && names.has(username.toLowerCase()))
      .map(({ id }) => id);
  }
}
