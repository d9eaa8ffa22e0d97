import { Queues, Subscriber } from '@rookery/messaging';
import { accountChanges, Accounts, CopiesAccounts } from '../../../identity/contract';
import { People } from '../../storage/people';

/** Follows what identity says of people. */
@Subscriber('social.copy-people', accountChanges, { queue: Queues.projections })
export class CopyPeople extends CopiesAccounts {
  // oxlint-disable-next-line no-useless-constructor -- it says which copy is injected
  constructor(people: People, accounts: Accounts) {
    super(people, accounts);
  }
}
