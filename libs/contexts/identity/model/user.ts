import { Aggregate, type AggregateState, newId, Rejection } from '@rookery/domain';
import {
  RegistrationCancelled,
  RoleChanged,
  UserDeleted,
  UserErased,
  UserRegistered,
  UserRenamed,
  UserVerified,
} from '../contract/events';
import {
  ExternalIdentityLinked,
  MfaDisabled,
  MfaEnabled,
  PasswordChanged,
  PasswordResetRequested,
  VerificationRequested,
} from '../events';
import { CodeExpired, LastAdmin, TotpEnrolled, TotpNotEnrolled } from './rejections';

/** Name of a role; which ones there are, and what they may do, stands in the database. */
export type Role = string;

/** The roles that the service comes with. */
export const ROLES = ['user', 'moderator', 'admin'];

/** The role that gives roles: somebody always has it. */
export const ADMIN = 'admin';

export interface UserState extends AggregateState {
  /** In lower case. */
  email: string;
  username: string;
  name: string;
  /** Counts what others see of the account; `version` counts all that happens to it, which is nobody's business. */
  profileVersion: number;
  role: Role;
  status: 'pending' | 'active' | 'deleted';
  /** argon2id, PHC string; bcrypt where it was imported and nobody has signed in since. */
  passwordHash: string;
  /** Counts the passwords. Rehashing the same one does not count. */
  passwordVersion: number;
  passwordResetRequestedAt: Date | null;
  registeredAt: Date;
  verifiedAt: Date | null;
  verificationRequestedAt: Date | null;
  /** Of the newest verification mail: a code of any other confirms nothing. Null in accounts from before it was kept. */
  verificationId: string | null;
  /** Whether a pending address was registered with several passwords: nobody knows which one is its owner's. */
  contested: boolean;
  /** Since when signing in needs a second factor; null when it needs none. */
  mfaEnabledAt: Date | null;
}

/** What others see somebody by. */
export type Names = Pick<UserState, 'username' | 'name'>;

export type Registration = Pick<UserState, 'email' | 'username' | 'name' | 'passwordHash'>;

/** Milliseconds between two mails to the same address. */
const MAIL_PAUSE_MS = 60_000;

/** A password hash that fits no password. */
const NO_PASSWORD = '';

/** Somebody with an account. Pending until the e-mail address is verified. */
export class User extends Aggregate<UserState> {
  /** @param verificationId from which the code and the link in the mail are derived */
  static register(registration: Registration, verificationId: string, now: Date): User {
    const user = User.create(registration, 'user', now);
    user.requestVerification(verificationId, now);
    return user;
  }

  /** An account that operations make: active at once. */
  static enrol(registration: Registration, role: Role, now: Date): User {
    const user = User.create(registration, role, now);
    user.verify(now);
    return user;
  }

  private static create(registration: Registration, role: Role, now: Date): User {
    const user = new User({
      ...registration,
      id: newId(),
      version: 0,
      profileVersion: 1,
      role,
      status: 'pending',
      registeredAt: now,
      verifiedAt: null,
      verificationRequestedAt: null,
      verificationId: null,
      contested: false,
      passwordVersion: 1,
      passwordResetRequestedAt: null,
      mfaEnabledAt: null,
    });
    user.raise(UserRegistered, { username: registration.username, name: registration.name });
    return user;
  }

  get pending(): boolean {
    return this.state.status === 'pending';
  }

  /** Hidden from everybody and waiting to be erased. */
  get deleted(): boolean {
    return this.state.status === 'deleted';
  }

  /** Whether the last verification mail is long enough ago for another. */
  mayBeMailed(now: Date): boolean {
    const last = this.state.verificationRequestedAt;
    return this.pending && (last === null || now.getTime() - last.getTime() >= MAIL_PAUSE_MS);
  }

  /** Whether somebody would register by exactly what the pending account says. */
  isRegisteredAs({ username, name, passwordHash }: Omit<Registration, 'email'>): boolean {
    const { state } = this;
    return state.username === username && state.name === name && state.passwordHash === passwordHash;
  }

  /**
   * Registers once more before anybody has verified: what holds is what was said last, and what was mailed before
   * confirms none of it. With another password, that of the owner may be the first, the last or none of them.
   *
   * @param registration with the hash of the same password equal to the present one
   */
  registerAgain(registration: Omit<Registration, 'email'>, verificationId: string, now: Date): void {
    const { username, name, passwordHash } = registration;
    const passwordVersion = this.state.passwordVersion + 1;
    const contested = this.state.contested || passwordHash !== this.state.passwordHash;
    Object.assign(this.state, {
      username,
      name,
      passwordHash,
      passwordVersion,
      contested,
      registeredAt: now,
    });
    this.state.profileVersion += 1;
    this.raise(UserRegistered, { username, name });
    this.requestVerification(verificationId, now);
  }

  /** Asks for a verification mail; an earlier one's code is void then, its link is not. */
  requestVerification(verificationId: string, now: Date): void {
    this.state.verificationRequestedAt = now;
    this.state.verificationId = verificationId;
    this.raise(VerificationRequested, { verificationId });
  }

  /** Whether the mail with this id is the newest to a pending account. */
  isConfirmedBy(verificationId: string): boolean {
    const newest = this.state.verificationId;
    return this.pending && (newest === null || newest === verificationId);
  }

  /** Whether verifying takes none of the passwords that the address was registered with; its owner is to set one. */
  get contested(): boolean {
    return this.state.contested;
  }

  /**
   * Activates the account; with no password when it is contested.
   *
   * @throws Rejection `identity.code-expired` when it is verified already
   */
  verify(now: Date): void {
    if (!this.pending) throw new Rejection(CodeExpired);
    this.state.status = 'active';
    this.state.verifiedAt = now;
    if (this.state.contested) {
      this.state.passwordHash = NO_PASSWORD;
      this.state.passwordVersion += 1;
    }
    this.raise(UserVerified, {});
  }

  /** Whether the last mail with a link to reset the password is long enough ago for another. */
  mayBeSentReset(now: Date): boolean {
    const last = this.state.passwordResetRequestedAt;
    return !this.deleted && (last === null || now.getTime() - last.getTime() >= MAIL_PAUSE_MS);
  }

  /** @param resetId from which the link in the mail is derived */
  requestPasswordReset(resetId: string, now: Date): void {
    this.state.passwordResetRequestedAt = now;
    this.raise(PasswordResetRequested, { resetId });
  }

  /**
   * Sets another password with the link in a mail. Who has the link reads the mail of the address, which is all that
   * verifying it asks for: a pending account is verified by it.
   */
  resetPassword(passwordHash: string, now: Date): void {
    this.state.contested = false;
    this.setPassword(passwordHash, null);
    if (this.pending) this.verify(now);
  }

  /** @param sessionId in which the owner changes it */
  changePassword(passwordHash: string, sessionId: string | null): void {
    this.setPassword(passwordHash, sessionId);
  }

  private setPassword(passwordHash: string, sessionId: string | null): void {
    this.state.passwordHash = passwordHash;
    this.state.passwordVersion += 1;
    this.raise(PasswordChanged, { sessionId });
  }

  /** Whether it can sign in and others can see it. */
  get active(): boolean {
    return this.state.status === 'active';
  }

  get role(): Role {
    return this.state.role;
  }

  /**
   * Gives another role in place of the present one.
   *
   * @param otherAdmin whether somebody else is an admin
   * @throws Rejection `identity.last-admin` when nobody would be left to give roles
   */
  assignRole(role: Role, otherAdmin: boolean): void {
    const previous = this.state.role;
    if (previous === ADMIN && role !== ADMIN && !otherAdmin) throw new Rejection(LastAdmin);
    this.state.role = role;
    this.raise(RoleChanged, { role, previous });
  }

  /** What the owner names who changes the profile: two edits of one version do not overwrite each other. */
  get profileVersion(): number {
    return this.state.profileVersion;
  }

  /** @returns whether that changed anything. */
  rename({ username = this.state.username, name = this.state.name }: Partial<Names>): boolean {
    if (username === this.state.username && name === this.state.name) return false;
    Object.assign(this.state, { username, name });
    this.state.profileVersion += 1;
    this.raise(UserRenamed, { username, name });
    return true;
  }

  /** Whether signing in needs a second factor. */
  get mfaEnabled(): boolean {
    return this.state.mfaEnabledAt !== null;
  }

  /** @throws Rejection `identity.totp-enrolled` when there is a second factor already */
  enableMfa(now: Date): void {
    if (this.mfaEnabled) throw new Rejection(TotpEnrolled);
    this.state.mfaEnabledAt = now;
    this.raise(MfaEnabled, {});
  }

  /** @throws Rejection `identity.totp-not-enrolled` when there is no second factor */
  disableMfa(): void {
    if (!this.mfaEnabled) throw new Rejection(TotpNotEnrolled);
    this.state.mfaEnabledAt = null;
    this.raise(MfaDisabled, {});
  }

  /**
   * Hides the account at once; it is erased later.
   *
   * @param eraseAfter when the grace period ends
   * @param otherAdmin whether somebody else is an admin
   * @throws Rejection `identity.last-admin` when nobody would be left to give roles
   */
  delete(eraseAfter: Date, otherAdmin: boolean): void {
    if (this.state.role === ADMIN && !otherAdmin) throw new Rejection(LastAdmin);
    this.state.status = 'deleted';
    this.raise(UserDeleted, { eraseAfter: eraseAfter.toISOString() });
  }

  /** Ends the account for good; the caller removes it from storage. */
  erase(): void {
    this.raise(UserErased, {});
  }

  /** Gives up a registration; the caller removes it from storage. */
  cancelRegistration(reason: 'mail-undeliverable' | 'not-verified-in-time' | 'verified-by-provider'): void {
    this.raise(RegistrationCancelled, { reason });
  }

  /**
   * Notes that a provider vouches for whoever has this account.
   *
   * @param issuer of its tokens
   */
  linkExternal(issuer: string): void {
    this.raise(ExternalIdentityLinked, { issuer });
  }
}
