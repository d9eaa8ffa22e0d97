import { Injectable } from '@nestjs/common';
import { EmailChanges } from '../storage/email-changes';
import { Users } from '../storage/users';

/** Who may have an e-mail address. */
@Injectable()
export class Addresses {
  constructor(
    private readonly changes: EmailChanges,
    private readonly users: Users,
  ) {}

  /**
   * Call it with the address locked (`Users.lockAddress`).
   *
   * @param userId who wants it; null for a new account
   * @returns whether an account has it, or had it until lately and may take it back. A pending registration does not
   *   count: nobody has verified it
   */
  async isTaken(email: string, userId: string | null): Promise<boolean> {
    const account = await this.users.find({ email });
    const holder = await this.changes.holderOf(email);
    return (
      (account !== undefined && !account.pending && account.id !== userId) ||
      (holder !== undefined && holder !== userId)
    );
  }

  /**
   * Makes an address free for somebody who has verified it: a pending registration of it is canceled. Call it with the
   * address locked.
   *
   * @param userId who gets it; null for a new account
   * @returns false if it is taken
   */
  async claim(
    email: string,
    userId: string | null,
    reason: 'verified-by-provider' | 'verified-by-another-account',
  ): Promise<boolean> {
    if (await this.isTaken(email, userId)) return false;
    const pending = await this.users.find({ email });
    if (pending?.pending) {
      pending.cancelRegistration(reason);
      await this.users.remove(pending);
    }
    return true;
  }
}
