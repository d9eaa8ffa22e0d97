import { randomBytes } from 'node:crypto';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock, newId } from '@rookery/domain';
import { Item } from '@rookery/web';
import { Addresses } from '../../services/addresses';
import { AdmitExternalUser } from '../../services/admit-external-user';
import type { ExternalIdentity } from '../../services/external-issuer';
import { Passwords } from '../../services/passwords';
import { displayName, usernameCandidates } from '../../model/external-names';
import { User } from '../../model/user';
import { ExternalIdentities, type ExternalUser } from '../../storage/external-identities';
import { Users } from '../../storage/users';

/** Only addresses that a registration accepts. */
const ADDRESS = Item.email();

/**
 * An identity is never linked to an account because of its address: whoever controls an address at a provider need not
 * control the account here. The new user then gets an account without the address. An unverified registration is not an
 * account: the provider has verified the address, so the registration is canceled.
 */
@CommandHandler(AdmitExternalUser)
export class AdmitExternalUserHandler implements ICommandHandler<AdmitExternalUser> {
  constructor(
    private readonly addresses: Addresses,
    private readonly clock: Clock,
    private readonly identities: ExternalIdentities,
    private readonly passwords: Passwords,
    private readonly users: Users,
  ) {}

  async execute({ identity }: AdmitExternalUser): Promise<ExternalUser> {
    // Random, so no password signs in; one can be set with POST /v1/auth/password/forgot.
    const passwordHash = await this.passwords.hash(randomBytes(32).toString('base64url'));

    const { issuer, subject } = identity;
    await this.identities.lock(issuer, subject);
    const known = await this.identities.find(issuer, subject);
    if (known) return known;
    const email = (await this.freeAddress(identity)) ?? `${newId()}@no-address.invalid`; // RFC 6761 §6.4
    const username = await this.freeUsername(identity, email);
    const name = displayName(identity.name, username);
    const user = User.enroll({ email, username, name, passwordHash }, 'user', this.clock.now());
    user.linkExternal(issuer);
    await this.users.save(user);
    await this.identities.add(issuer, subject, user.id);
    return { userId: user.id, role: 'user', active: true, hasSecondFactor: false };
  }

  private async freeAddress({ email }: ExternalIdentity): Promise<string | undefined> {
    if (email === undefined || !email.isWellFormed() || ADDRESS.check(email).length > 0) return undefined;
    await this.users.lockAddress(email);
    return (await this.addresses.claim(email, null, 'verified-by-provider')) ? email : undefined;
  }

  private async freeUsername({ username }: ExternalIdentity, email: string): Promise<string> {
    const candidates = usernameCandidates(username, () => randomBytes(6).toString('hex'));
    for (const candidate of candidates) {
      if (!(await this.users.usernameTaken(candidate, email))) return candidate;
    }
    return candidates.at(-1)!;
  }
}
