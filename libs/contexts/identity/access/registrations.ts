import { Injectable } from '@nestjs/common';
import { newId } from '@rookery/domain';
import { type Registration, User } from '../model/user';
import { IdentitySettings } from '../settings';
import { ActivationLinks } from '../storage/activation-links';
import { MailQuotas } from '../storage/mail-quotas';
import { Users } from '../storage/users';
import { VerificationCodes } from './verification-codes';
import { VerificationSecrets } from './verification-secrets';

/** Accounts whose address is still to be verified: each mail to one has a link that lasts as long as a registration. */
@Injectable()
export class Registrations {
  constructor(
    private readonly codes: VerificationCodes,
    private readonly links: ActivationLinks,
    private readonly quotas: MailQuotas,
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
    // Counted, but sent whatever came before: without a mail there is no way on.
    await this.quotas.take(registration.email, 'verification');
    const verificationId = newId();
    await this.store(User.register(registration, verificationId, now), verificationId, now);
  }

  /**
   * Replaces what a pending account was registered with, unless the address has had a mail too recently. Whoever reads the
   * mail of an address confirms what that mail names: links and codes from before end with what they named.
   *
   * @throws Rejection `identity.username-taken`
   */
  async beginAgain(user: User, registration: Registration, now: Date): Promise<void> {
    if (!(await this.mayBeMailed(user, now))) return;
    const verificationId = newId();
    user.registerAgain(registration, verificationId, now);
    await this.links.removeOf(user.id);
    await this.store(user, verificationId, now);
    await this.codes.withdraw(registration.email);
  }

  /** Asks for another verification mail, unless the account is active or the address has had one too recently. */
  async mailAgain(user: User, now: Date): Promise<void> {
    if (!(await this.mayBeMailed(user, now))) return;
    const verificationId = newId();
    user.requestVerification(verificationId, now);
    await this.store(user, verificationId, now);
  }

  /** @returns when a registration that begins now ends, verified or not. */
  endOf(now: Date): Date {
    return new Date(now.getTime() + this.settings.registrationTtlSeconds * 1_000);
  }

  private async mayBeMailed(user: User, now: Date): Promise<boolean> {
    return user.mayBeMailed(now) && (await this.quotas.take(user.snapshot().email, 'verification'));
  }

  private async store(user: User, verificationId: string, now: Date): Promise<void> {
    await this.users.save(user);
    await this.links.add(this.secrets.linkToken(verificationId), user.id, this.endOf(now));
  }
}
