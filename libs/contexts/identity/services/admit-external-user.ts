import { Command } from '@nestjs/cqrs';
import { Audited } from '@rookery/audit';
import type { ExternalUser } from '../storage/external-identities';
import type { ExternalIdentity } from './external-issuer';

/** Finds the account of an external identity; creates one for a new identity. */
@Audited('identity.admit-external-user')
export class AdmitExternalUser extends Command<ExternalUser> {
  constructor(readonly identity: ExternalIdentity) {
    super();
  }
}
