import { Injectable } from '@nestjs/common';
import { newId } from '@rookery/domain';
import { Decoy } from '../model/decoy';
import { type Registration, User } from '../model/user';
import { IdentitySettings } from '../settings';
import { ActivationLinks } from '../storage/activation-links';
import { Decoys } from '../storage/decoys';
import { MailQuotas } from '../storage/mail-quotas';
import { Users } from '../storage/users';
import { PasswordResets } from './password-resets';
import { VerificationCodes } from './verification-codes';
import { VerificationSecrets } from './verification-secrets';

/** Accounts whose address is still to be verified: each mail to one has a link that lasts as long as a registration. */
@Injectable()
export class Registrations {
  constructor(
    private readonly codes: VerificationCodes,
    private readonly decoys: Decoys,
    private readonly links: ActivationLinks,
    private readonly quotas: MailQuotas,
    private readonly resets: PasswordResets,
    private readonly secrets: VerificationSecrets,
    private readonly settings: IdentitySettings,
    private readonly users: Users,
  ) {}

  /**
   * Stores a pending account and asks for its verification mail.
   *
   * @throws Rejection `identity.username-taken`
   */
  async begin(registration: Registration, now: Date): Promise<void> {
    const verificationId = newId();
    const user = User.register(registration, verificationId, now);
    await this.users.save(user);
    await this.replaceLinks(user, verificationId, now);
  }

  /**
   * Replaces what a pending account was registered with, at once; only its mail may have to wait. Whoever reads the
   * mail of an address confirms what that mail names: links and codes from before end with what they named. Exactly
   * the same again changes nothing while the address may not be mailed.
   *
   * @throws Rejection `identity.username-taken`
   */
  async beginAgain(user: User, registration: Registration, now: Date): Promise<void> {
    if (user.isRegisteredAs(registration) && !(await this.mayBeMailed(user, now))) return;
    const verificationId = newId();
    user.registerAgain(registration, verificationId, now);
    await this.users.save(user);
    await this.replaceLinks(user, verificationId, now);
  }

  /**
   * Does for an address that has an account what looks the same: a decoy takes the place of the pending account.
   *
   * @param decoy of the address, where there is one already
   * @throws Rejection `identity.username-taken`
   */
  async pretend(user: User, decoy: Decoy | undefined, registration: Registration, now: Date): Promise<void> {
    const { email, ...wanted } = registration;
    if (decoy?.isRegisteredAs(wanted) && !(await this.mayBeTold(decoy, now))) return;
    const end = this.endOf(now);
    decoy?.registerAgain(wanted, now, end);
    await this.decoys.save(decoy ?? Decoy.create(email, wanted, user.id, now, end));
    await this.replaceLinks(user, newId(), now); // of an active account: it does nothing
  }

  /** Asks for another verification mail, unless the address has had one too recently. */
  async mailAgain(user: User, now: Date): Promise<void> {
    if (!(await this.mayBeMailed(user, now))) return;
    const verificationId = newId();
    user.requestVerification(verificationId, now);
    await this.users.save(user);
    await this.links.add(this.secrets.linkToken(verificationId), user.id, this.endOf(now));
    await this.codes.announce(user.snapshot().email, verificationId);
  }

  /** The same for a decoy: tells the owner of the account once more. */
  async repeat(decoy: Decoy, now: Date): Promise<void> {
    if (!(await this.mayBeTold(decoy, now))) return;
    decoy.repeat(now);
    await this.decoys.save(decoy);
    await this.codes.announce(decoy.snapshot().email, newId());
  }

  /**
   * Activates the account of somebody who reads the mail of its address.
   *
   * @returns the token to set a password with, which is mailed too, where the address was registered with several
   *   passwords: none of them counts
   * @throws Rejection `identity.code-expired` when it is verified already
   */
  async verify(user: User, now: Date): Promise<string | undefined> {
    const { contested } = user;
    user.verify(now);
    if (contested) return this.resets.begin(user, now);
    await this.users.save(user);
    return undefined;
  }

  /** @returns when a registration that begins now ends, verified or not. */
  private endOf(now: Date): Date {
    return new Date(now.getTime() + this.settings.registrationTtlSeconds * 1_000);
  }

  private async mayBeMailed(user: User, now: Date): Promise<boolean> {
    return user.mayBeMailed(now) && (await this.quotas.isOpen(user.snapshot().email, 'verification'));
  }

  private async mayBeTold(decoy: Decoy, now: Date): Promise<boolean> {
    return (
      decoy.mayBeMailed(now) && (await this.quotas.isOpen(decoy.snapshot().email, 'registration-repeated'))
    );
  }

  /** What was mailed before is void from now on; the code comes with its mail. */
  private async replaceLinks(user: User, verificationId: string, now: Date): Promise<void> {
    await this.links.replaceAll(this.secrets.linkToken(verificationId), user.id, this.endOf(now));
    await this.codes.announce(user.snapshot().email, verificationId);
  }
}
