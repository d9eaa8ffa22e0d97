import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Accounts } from '../../identity/contract';
import { Webhooks } from '../storage/webhooks';

/** The accounts that own webhooks. */
@Injectable()
export class Owners {
  constructor(
    private readonly accounts: Accounts,
    private readonly webhooks: Webhooks,
  ) {}

  /**
   * Serializes changes by a user to their webhooks until the current transaction ends. A deletion of the account holds
   * the same lock until it is committed, so that no webhook is activated after it.
   *
   * @throws Rejection `resource.not-found` unless the account is active
   */
  async lock(userId: string): Promise<void> {
    await this.webhooks.lockOwner(userId);
    const [account] = await this.accounts.find([userId]);
    if (!account?.active) throw new Rejection(NotFound);
  }
}
