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

/** Accounts with an unverified address: each mail to one has a link that is valid as long as the registration. */
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
   * Stores a pending account and requests its verification mail.
   *
   * @throws Rejection `identity.username-taken`
   */
  async begin(registration: Registration, now: Date): Promise<void> {
    const verificationId = newId();
    const user = User.register(registration, verificationId, now);
    await this.users.save(user);
    await this.replaceLinks(user, registration.email, verificationId, now);
  }

  /**
   * Replaces the data of a pending account at once; only its mail may have to wait. A mail confirms only the
   * registration it was sent for: earlier links and codes become invalid. Exactly the same data changes nothing while
   * no mail may be sent to the address.
   *
   * @throws Rejection `identity.username-taken`
   */
  async beginAgain(user: User, registration: Registration, now: Date): Promise<void> {
    if (user.isRegisteredAs(registration) && !(await this.mayBeMailed(user, now))) return;
    const verificationId = newId();
    user.registerAgain(registration, verificationId, now);
    await this.users.save(user);
    await this.replaceLinks(user, registration.email, verificationId, now);
  }

  /**
   * Does the same for an address that has an account, with a decoy instead of a pending account.
   *
   * @param user who has it, or had it until recently and can get it back
   * @param decoy existing decoy of the address
   * @throws Rejection `identity.username-taken`
   */
  async pretend(user: User, decoy: Decoy | undefined, registration: Registration, now: Date): Promise<void> {
    const { email, ...wanted } = registration;
    if (decoy?.isRegisteredAs(wanted) && !(await this.mayBeTold(decoy, now))) return;
    const end = this.endOf(now);
    decoy?.registerAgain(wanted, now, end);
    await this.decoys.save(decoy ?? Decoy.create(email, wanted, user.id, now, end));
    await this.replaceLinks(user, email, newId(), now); // of an active account: it does nothing
  }

  /** Requests another verification mail, unless the address had one too recently. The attempts for codes do not change. */
  async mailAgain(user: User, now: Date): Promise<void> {
    if (!(await this.mayBeMailed(user, now))) return;
    const verificationId = newId();
    user.requestVerification(verificationId, now);
    await this.users.save(user);
    await this.links.add(this.secrets.linkToken(verificationId), user.id, this.endOf(now));
    await this.codes.replace(user.email, verificationId);
  }

  /** The same for a decoy: notifies the owner of the account again. */
  async repeat(decoy: Decoy, now: Date): Promise<void> {
    if (!(await this.mayBeTold(decoy, now))) return;
    decoy.repeat(now);
    await this.decoys.save(decoy);
  }

  /**
   * Activates an account whose address was verified.
   *
   * @returns the token to set a password, also sent by mail, if the address was registered with several passwords, none
   *   of which is used
   * @throws Rejection `identity.code-expired` if it is already verified
   */
  async verify(user: User, now: Date): Promise<string | undefined> {
    const { contested } = user;
    user.verify(now);
    if (contested) return this.resets.begin(user, now);
    await this.users.save(user);
    return undefined;
  }

  /** @returns when a registration that starts now expires. */
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

  /** Invalidates earlier mails; the code is set when its mail is sent. */
  private async replaceLinks(user: User, email: string, verificationId: string, now: Date): Promise<void> {
    await this.links.replaceAll(this.secrets.linkToken(verificationId), user.id, this.endOf(now));
    await this.codes.announce(email, verificationId);
  }
}
