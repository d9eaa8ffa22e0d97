import { Injectable } from '@nestjs/common';
import type { User } from '../model/user';
import { EmailChanges } from '../storage/email-changes';
import { Users } from '../storage/users';

/** Decides who can have an e-mail address. */
@Injectable()
export class Addresses {
  constructor(
    private readonly changes: EmailChanges,
    private readonly users: Users,
  ) {}

  /**
   * Call it with the address locked (`Users.lockAddress`).
   *
   * @param userId user who wants it; null for a new account
   * @returns whether an account has it, or had it until recently and can get it back. A pending registration does not
   *   count, because it is not verified
   */
  async isTaken(email: string, userId: string | null): Promise<boolean> {
    return this.belongsToOther(await this.users.find({ email }), email, userId);
  }

  /**
   * Makes an address free for somebody who has verified it: a pending registration of it is canceled. Call it with the
   * address locked.
   *
   * @param userId user who gets it; null for a new account
   * @returns false if it is taken
   */
  async claim(
    email: string,
    userId: string | null,
    reason: 'verified-by-provider' | 'verified-by-another-account',
  ): Promise<boolean> {
    const account = await this.users.find({ email });
    if (await this.belongsToOther(account, email, userId)) return false;
    if (account?.pending) {
      account.cancelRegistration(reason);
      await this.users.remove(account);
    }
    return true;
  }

  private async belongsToOther(
    account: User | undefined,
    email: string,
    userId: string | null,
  ): Promise<boolean> {
    if (account && !account.pending && account.id !== userId) return true;
    const holder = await this.changes.holderOf(email);
    return holder !== undefined && holder !== userId;
  }
}
