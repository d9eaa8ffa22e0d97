import { Queues, Subscriber } from '@rookery/messaging';
import { accountChanges, Accounts, CopiesAccounts } from '../../../identity/contract';
import { People } from '../../storage/people';

/** Keeps the copy of identity's accounts up to date. */
@Subscriber('workspaces.copy-people', accountChanges, { queue: Queues.projections })
export class CopyPeople extends CopiesAccounts {
  // oxlint-disable-next-line no-useless-constructor -- declares which copy is injected
  constructor(people: People, accounts: Accounts) {
    super(people, accounts);
  }
}
