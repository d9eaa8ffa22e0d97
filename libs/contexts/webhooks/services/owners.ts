import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Accounts } from '../../identity/contract';
import { Webhooks } from '../storage/webhooks';

/** The accounts whose webhooks are active. */
@Injectable()
export class Owners {
  constructor(
    private readonly accounts: Accounts,
    private readonly webhooks: Webhooks,
  ) {}

  /**
   * Serializes what a user does to their webhooks until the current transaction ends. A deletion of the account that is
   * under way holds the same lock until it is committed, so that nothing is activated behind it.
   *
   * @throws Rejection `resource.not-found` unless the account is active
   */
  async lock(userId: string): Promise<void> {
    await this.webhooks.lockOwner(userId);
    const [account] = await this.accounts.find([userId]);
    if (!account?.active) throw new Rejection(NotFound);
  }
}
