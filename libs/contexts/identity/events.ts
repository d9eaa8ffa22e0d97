import { defineEvent } from '@rookery/domain';
import { z } from 'zod';
import {
  RegistrationCancelled,
  RoleChanged,
  UserDeleted,
  UserErased,
  UserRegistered,
  UserRenamed,
  UserVerified,
} from './contract/events';

const Nothing = z.object({});

/** The owner of a pending account has to be sent a code and a link; both are derived from the id. */
export const VerificationRequested = defineEvent(
  'identity.verification-requested',
  1,
  z.object({ verificationId: z.uuid() }),
);

/** Somebody tried to register with an address that has an account already. */
export const RegistrationRepeated = defineEvent('identity.registration-repeated', 1, Nothing);

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
