import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

const Nothing = z.object({});

/** Somebody has registered; the account is pending until its e-mail address is verified. */
export const UserRegistered = defineEvent(
  'identity.user-registered',
  1,
  z.object({ username: z.string(), name: z.string() }),
);

/** The owner of a pending account has to be sent a code and a link; both are derived from the id. */
export const VerificationRequested = defineEvent(
  'identity.verification-requested',
  1,
  z.object({ verificationId: z.uuid() }),
);

/** The e-mail address is verified: the account is active. */
export const UserVerified = defineEvent('identity.user-verified', 1, Nothing);

/** A pending account was removed; its e-mail address and username are free again. */
export const RegistrationCancelled = defineEvent(
  'identity.registration-cancelled',
  1,
  z.object({ reason: z.enum(['mail-undeliverable', 'not-verified-in-time', 'verified-by-provider']) }),
);

/** Somebody tried to register with an address that has an account already. */
export const RegistrationRepeated = defineEvent('identity.registration-repeated', 1, Nothing);

/** A session ended before its time: signed out, ended from another device, or stolen. */
export const SessionRevoked = defineEvent(
  'identity.session-revoked',
  1,
  z.object({
    userId: z.uuid(),
    reason: z.enum([
      'logout',
      'ended-by-owner',
      'ended-by-admin',
      'refresh-reused',
      'password-changed',
      'account-deleted',
      'too-many-sessions',
    ]),
  }),
);

/** A refresh token that had been replaced long ago was used again: somebody has a copy. */
export const RefreshReused = defineEvent('identity.refresh-reused', 1, z.object({ userId: z.uuid() }));

/** Somebody has an API key more; where a session made it, which one. */
export const ApiKeyCreated = defineEvent(
  'identity.api-key-created',
  1,
  z.object({ userId: z.uuid(), sessionId: z.uuid().nullable() }),
);

/** A recovery code proved who somebody is: in a session, or to begin one when there is none yet. */
export const RecoveryCodeUsed = defineEvent(
  'identity.recovery-code-used',
  1,
  z.object({ userId: z.uuid(), sessionId: z.uuid().nullable() }),
);

/** Signing in needs a second factor from now on. */
export const MfaEnabled = defineEvent('identity.mfa-enabled', 1, Nothing);

/** Signing in needs the password alone again. */
export const MfaDisabled = defineEvent('identity.mfa-disabled', 1, Nothing);

/** The account is hidden at once, from everybody; everything about it is erased when the grace period is over. */
export const UserDeleted = defineEvent(
  'identity.user-deleted',
  1,
  z.object({ eraseAfter: z.iso.datetime() }),
);

/** Nothing about the user is left, in any context. */
export const UserErased = defineEvent('identity.user-erased', 1, Nothing);

const OperationKind = z.enum(['erasure', 'export']);

/** Somebody wants to have all that is held about somebody, or nothing held any more. */
export const OperationRequested = defineEvent(
  'identity.operation-requested',
  1,
  z.object({ kind: OperationKind }),
);

/** The next piece of a long-running operation can be done. */
export const OperationContinued = defineEvent(
  'identity.operation-continued',
  1,
  z.object({ kind: OperationKind }),
);

/** A long-running operation is over. */
export const OperationEnded = defineEvent(
  'identity.operation-ended',
  1,
  z.object({ kind: OperationKind, status: z.enum(['succeeded', 'failed']) }),
);

/** Somebody wants the verification mail of an address again; whether it has one is not known yet. */
export const ResendRequested = defineEvent('identity.resend-requested', 1, z.object({ email: z.string() }));

/** The account belongs to somebody whom an OpenID Connect provider vouches for. */
export const ExternalIdentityLinked = defineEvent(
  'identity.external-identity-linked',
  1,
  z.object({ issuer: z.string() }),
);

/** Somebody says that the password of an address was forgotten; whether it has an account is not known yet. */
export const PasswordForgotten = defineEvent(
  'identity.password-forgotten',
  1,
  z.object({ email: z.string(), fromKnownNetwork: z.boolean().optional() }),
);

/** The owner of an account has to be sent a link that sets a new password; it is derived from the id. */
export const PasswordResetRequested = defineEvent(
  'identity.password-reset-requested',
  1,
  z.object({ resetId: z.uuid() }),
);

/** An account has another password: changed in a session, or with the link in a mail when there is none. */
export const PasswordChanged = defineEvent(
  'identity.password-changed',
  1,
  z.object({ sessionId: z.uuid().nullable() }),
);

/** Somebody has another role; what it may do follows within five seconds. */
export const RoleChanged = defineEvent(
  'identity.role-changed',
  1,
  z.object({ role: z.string(), previous: z.string() }),
);

/** Somebody is called otherwise; both names as they are now. */
export const UserRenamed = defineEvent(
  'identity.user-renamed',
  1,
  z.object({ username: z.string(), name: z.string() }),
);

/** Somebody likes to read something else; all preferences as they are now. */
export const PreferencesChanged = defineEvent(
  'identity.preferences-changed',
  1,
  z.object({
    userId: z.uuid(),
    interests: z.array(z.string()),
    tone: z.string(),
    length: z.string(),
    language: z.string(),
  }),
);

/** All that happens to a user: each makes a new version of the account, so what was kept of it is out of date. */
export const userEvents = [
  ExternalIdentityLinked,
  MfaDisabled,
  MfaEnabled,
  PasswordChanged,
  PasswordResetRequested,
  RegistrationCancelled,
  RoleChanged,
  UserDeleted,
  UserErased,
  UserRegistered,
  UserRenamed,
  UserVerified,
  VerificationRequested,
] as const;

/** An account as other contexts may know it. */
export interface Account {
  id: string;
  username: string;
  name: string;
  /** Version of the account: of two copies the higher one is the later. */
  version: number;
  /** Whether others see it: verified, and not deleted. */
  active: boolean;
}

/** Offered to other contexts: who there is. They keep a copy and follow the events; this is for what has not arrived. */
export abstract class Accounts {
  /** @returns those of the accounts that there are, in no order */
  abstract find(ids: readonly string[]): Promise<Account[]>;
  /**
   * @param after id that the page before ended with; null for the first
   * @returns all accounts by id, at most `limit`
   */
  abstract page(after: string | null, limit: number): Promise<Account[]>;
}

/** Asked of whichever context knows who wants not to be seen by whom; without one, everybody sees everybody. */
export abstract class HiddenProfiles {
  /** @returns whether somebody's profile does not exist for the viewer */
  abstract hides(userId: string, viewerId: string): Promise<boolean>;
  /** @returns ids of all whose profiles do not exist for the viewer */
  abstract from(viewerId: string): Promise<string[]>;
}
