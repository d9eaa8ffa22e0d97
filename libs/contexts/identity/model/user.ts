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
  AvatarChanged,
  BioChanged,
  EmailChanged,
  EmailChangeRequested,
  EmailChangeUndone,
  ExternalIdentityLinked,
  MfaDisabled,
  MfaEnabled,
  PasswordChanged,
  PasswordResetRequested,
  VerificationRequested,
} from '../events';
import { CodeExpired, LastAdmin, TotpEnrolled, TotpNotEnrolled } from './rejections';

/** Name of a role; the roles and their permissions are rows in the database. */
export type Role = string;

/** Built-in roles. */
export const ROLES = ['user', 'moderator', 'admin'];

/** The role that may assign roles: at least one user always has it. */
export const ADMIN = 'admin';

export interface UserState extends AggregateState {
  /** In lower case. */
  email: string;
  username: string;
  name: string;
  /** What the user says about themselves; may be empty. */
  bio: string;
  /** Key of the upload that is the avatar; null for none. */
  avatarMediaKey: string | null;
  /** Version of the public profile; `version` counts all changes of the account and is private. */
  profileVersion: number;
  role: Role;
  status: 'pending' | 'active' | 'deleted';
  /** argon2id, PHC string; bcrypt if it was imported and the user has not signed in since. */
  passwordHash: string;
  /** Number of passwords so far. Rehashing the same one does not count. */
  passwordVersion: number;
  passwordResetRequestedAt: Date | null;
  registeredAt: Date;
  verifiedAt: Date | null;
  verificationRequestedAt: Date | null;
  /**
   * Id of the newest verification mail: a code of any other mail confirms nothing. Null in accounts from before it was
   * stored.
   */
  verificationId: string | null;
  /** Whether a pending address was registered with several passwords, so that its owner's is unknown. */
  contested: boolean;
  /** Since when signing in requires a second factor; null if it requires none. */
  mfaEnabledAt: Date | null;
}

/** What users say of themselves, and everybody may see. */
export type Profile = Pick<UserState, 'username' | 'name' | 'bio' | 'avatarMediaKey'>;

export type Registration = Pick<UserState, 'email' | 'username' | 'name' | 'passwordHash'>;

/** Milliseconds between two mails to the same address. */
const MAIL_PAUSE_MS = 60_000;

/** A password hash that matches no password. */
const NO_PASSWORD = '';

const shown = ({ status, profileVersion }: UserState) => (status === 'active' ? profileVersion : undefined);

/** A user with an account. Pending until the e-mail address is verified. */
export class User extends Aggregate<UserState> {
  private readonly shownBefore = shown(this.state);

  /** @param verificationId source of the code and the link in the mail */
  static register(registration: Registration, verificationId: string, now: Date): User {
    const user = User.create(registration, 'user', now);
    user.requestVerification(verificationId, now);
    return user;
  }

  /** Creates an account by operators: active immediately. */
  static enroll(registration: Registration, role: Role, now: Date): User {
    const user = User.create(registration, role, now);
    user.verify(now);
    return user;
  }

  private static create(registration: Registration, role: Role, now: Date): User {
    const user = new User({
      ...registration,
      id: newId(),
      version: 0,
      bio: '',
      avatarMediaKey: null,
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

  /** Whether others no longer see what they saw when it was loaded. */
  get profileChanged(): boolean {
    return this.shownBefore !== undefined && shown(this.state) !== this.shownBefore;
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

  /** Whether a registration has exactly the data of the pending account. */
  isRegisteredAs({ username, name, passwordHash }: Omit<Registration, 'email'>): boolean {
    const { state } = this;
    return state.username === username && state.name === name && state.passwordHash === passwordHash;
  }

  /**
   * Registers again before verification: the newest data applies, and earlier mails confirm nothing. If the passwords
   * differ, the owner's may be the first, the last or none of them.
   *
   * @param registration data; the same password must have the same hash as the current one
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

  /** Requests a verification mail; codes of earlier mails become invalid, their links do not. */
  requestVerification(verificationId: string, now: Date): void {
    this.state.verificationRequestedAt = now;
    this.state.verificationId = verificationId;
    this.raise(VerificationRequested, { verificationId });
  }

  /** Whether the mail with this id is the newest of a pending account. */
  isConfirmedBy(verificationId: string): boolean {
    const newest = this.state.verificationId;
    return this.pending && (newest === null || newest === verificationId);
  }

  /** Whether the account has no password after verification, so that its owner must set one. */
  get contested(): boolean {
    return this.state.contested;
  }

  /**
   * Activates the account; without a password if it is contested.
   *
   * @throws Rejection `identity.code-expired` if it is already verified
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

  /** @param resetId source of the link in the mail */
  requestPasswordReset(resetId: string, now: Date): void {
    this.state.passwordResetRequestedAt = now;
    this.raise(PasswordResetRequested, { resetId });
  }

  /**
   * Sets a password with the link in a mail. The link proves access to the address, so a pending account is verified by
   * it.
   */
  resetPassword(passwordHash: string, now: Date): void {
    this.state.contested = false;
    this.setPassword(passwordHash, null);
    if (this.pending) this.verify(now);
  }

  /** @param sessionId session in which the owner changes it */
  changePassword(passwordHash: string, sessionId: string | null): void {
    this.setPassword(passwordHash, sessionId);
  }

  private setPassword(passwordHash: string, sessionId: string | null): void {
    this.state.passwordHash = passwordHash;
    this.state.passwordVersion += 1;
    this.raise(PasswordChanged, { sessionId });
  }

  /** Whether its owner can sign in and others can see it. */
  get active(): boolean {
    return this.state.status === 'active';
  }

  get role(): Role {
    return this.state.role;
  }

  /**
   * Replaces the role.
   *
   * @param otherAdmin whether another user is an admin
   * @throws Rejection `identity.last-admin` if no admin would be left
   */
  assignRole(role: Role, otherAdmin: boolean): void {
    const previous = this.state.role;
    if (previous === ADMIN && role !== ADMIN && !otherAdmin) throw new Rejection(LastAdmin);
    this.state.role = role;
    this.raise(RoleChanged, { role, previous });
  }

  /** The version for `If-Match` when changing the profile: two edits of one version do not overwrite each other. */
  get profileVersion(): number {
    return this.state.profileVersion;
  }

  get avatarMediaKey(): string | null {
    return this.state.avatarMediaKey;
  }

  /**
   * @param changes fields that are left out do not change
   * @returns whether that changed anything
   */
  updateProfile(changes: Partial<Profile>): boolean {
    const {
      username = this.state.username,
      name = this.state.name,
      bio = this.state.bio,
      avatarMediaKey = this.state.avatarMediaKey,
    } = changes;
    const renamed = username !== this.state.username || name !== this.state.name;
    const described = bio !== this.state.bio;
    const pictured = avatarMediaKey !== this.state.avatarMediaKey;
    if (!renamed && !described && !pictured) return false;
    Object.assign(this.state, { username, name, bio, avatarMediaKey });
    this.state.profileVersion += 1;
    if (renamed) this.raise(UserRenamed, { username, name });
    if (described) this.raise(BioChanged, {});
    if (pictured) this.raise(AvatarChanged, {});
    return true;
  }

  get email(): string {
    return this.state.email;
  }

  /** @param changeId source of the code and the link in the mails */
  requestEmailChange(changeId: string): void {
    this.raise(EmailChangeRequested, { changeId });
  }

  /** @param email whose access the user has proved */
  changeEmail(email: string, changeId: string): void {
    this.state.email = email;
    this.raise(EmailChanged, { changeId });
  }

  /**
   * Restores an earlier address, for whoever reads its mail. Somebody else has used the account, who may know the
   * password and may have enrolled a second factor: neither remains.
   *
   * @param email the earlier address
   * @param since from when on a second factor may be that of somebody else
   * @returns whether a second factor was removed
   */
  undoEmailChange(email: string, changeId: string, since: Date): boolean {
    this.state.email = email;
    this.state.passwordHash = NO_PASSWORD;
    this.state.passwordVersion += 1;
    this.raise(EmailChangeUndone, { changeId });
    const { mfaEnabledAt } = this.state;
    if (mfaEnabledAt === null || mfaEnabledAt < since) return false;
    this.disableMfa();
    return true;
  }

  /** Whether signing in requires a second factor. */
  get mfaEnabled(): boolean {
    return this.state.mfaEnabledAt !== null;
  }

  /** @throws Rejection `identity.totp-enrolled` if there is already a second factor */
  enableMfa(now: Date): void {
    if (this.mfaEnabled) throw new Rejection(TotpEnrolled);
    this.state.mfaEnabledAt = now;
    this.raise(MfaEnabled, {});
  }

  /** @throws Rejection `identity.totp-not-enrolled` if there is no second factor */
  disableMfa(): void {
    if (!this.mfaEnabled) throw new Rejection(TotpNotEnrolled);
    this.state.mfaEnabledAt = null;
    this.raise(MfaDisabled, {});
  }

  /**
   * Hides the account immediately; it is erased later.
   *
   * @param eraseAfter when the grace period ends
   * @param otherAdmin whether another user is an admin
   * @throws Rejection `identity.last-admin` if no admin would be left
   */
  delete(eraseAfter: Date, otherAdmin: boolean): void {
    if (this.state.role === ADMIN && !otherAdmin) throw new Rejection(LastAdmin);
    this.state.status = 'deleted';
    this.raise(UserDeleted, { eraseAfter: eraseAfter.toISOString() });
  }

  /** Erases the account; the caller removes it from storage. */
  erase(): void {
    this.raise(UserErased, {});
  }

  /** Cancels a registration; the caller removes it from storage. */
  cancelRegistration(
    reason:
      'mail-undeliverable' | 'not-verified-in-time' | 'verified-by-provider' | 'verified-by-another-account',
  ): void {
    this.raise(RegistrationCancelled, { reason });
  }

  /**
   * Records that the account is linked to an identity at a provider.
   *
   * @param issuer of its tokens
   */
  linkExternal(issuer: string): void {
    this.raise(ExternalIdentityLinked, { issuer });
  }
}
