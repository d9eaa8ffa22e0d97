import { Command } from '@nestjs/cqrs';
import { Audited } from '@rookery/audit';
import type { ExternalUser } from '../storage/external-identities';
import type { ExternalIdentity } from './external-issuer';

/** Finds the account of somebody whom a provider vouches for; makes one at first sight. */
@Audited('identity.admit-external-user')
export class AdmitExternalUser extends Command<ExternalUser> {
  constructor(readonly identity: ExternalIdentity) {
    super();
  }
}
