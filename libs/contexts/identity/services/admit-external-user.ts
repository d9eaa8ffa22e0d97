import { Command } from '@nestjs/cqrs';
import type { ExternalUser } from '../storage/external-identities';
import type { ExternalIdentity } from './external-issuer';

/** Finds the account of somebody whom a provider vouches for; makes one at first sight. */
export class AdmitExternalUser extends Command<ExternalUser> {
  constructor(readonly identity: ExternalIdentity) {
    super();
  }
}
