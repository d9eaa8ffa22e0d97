import { Aggregate, type AggregateState, newId, Rejection } from '@rookery/domain';
import {
  RegistrationCancelled,
  UserDeleted,
  UserErased,
  UserRegistered,
  UserVerified,
  VerificationRequested,
} from '../contract';
import { CodeExpired } from './rejections';

export type Role = 'user' | 'moderator' | 'admin';

export interface UserState extends AggregateState {
  /** In lower case. */
  email: string;
  username: string;
  name: string;
  role: Role;
  status: 'pending' | 'active' | 'deleted';
  /** argon2id, PHC string. */
  passwordHash: string;
  registeredAt: Date;
  verifiedAt: Date | null;
  verificationRequestedAt: Date | null;
}

export type Registration = Pick<UserState, 'email' | 'username' | 'name' | 'passwordHash'>;

/** Milliseconds between two mails to the same address. */
const MAIL_PAUSE_MS = 60_000;

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
      role,
      status: 'pending',
      registeredAt: now,
      verifiedAt: null,
      verificationRequestedAt: null,
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

  /** Asks for a verification mail; an earlier one's code is void then, its link is not. */
  requestVerification(verificationId: string, now: Date): void {
    this.state.verificationRequestedAt = now;
    this.raise(VerificationRequested, { verificationId });
  }

  /** @throws Rejection `identity.code-expired` when it is verified already */
  verify(now: Date): void {
    if (!this.pending) throw new Rejection(CodeExpired);
    this.state.status = 'active';
    this.state.verifiedAt = now;
    this.raise(UserVerified, {});
  }

  /**
   * Hides the account at once; it is erased later.
   *
   * @param eraseAfter when the grace period ends
   */
  delete(eraseAfter: Date): void {
    this.state.status = 'deleted';
    this.raise(UserDeleted, { eraseAfter: eraseAfter.toISOString() });
  }

  /** Ends the account for good; the caller removes it from storage. */
  erase(): void {
    this.raise(UserErased, {});
  }

  /** Gives up a registration; the caller removes it from storage. */
  cancelRegistration(reason: 'mail-undeliverable' | 'not-verified-in-time'): void {
    this.raise(RegistrationCancelled, { reason });
  }
}
