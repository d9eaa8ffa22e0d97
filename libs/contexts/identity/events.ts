import { defineEvent } from '@rookery/domain';
import { z } from 'zod';
import { UserDeleted, UserErased, UserRenamed } from './contract/events';

const Nothing = z.object({});

/** A code and a link must be sent to the owner of a pending account; both are derived from the id. */
export const VerificationRequested = defineEvent(
  'identity.verification-requested',
  1,
  z.object({ verificationId: z.uuid() }),
);

/** Somebody tried to register an address that already has an account. */
export const RegistrationRepeated = defineEvent('identity.registration-repeated', 1, Nothing);

/** A refresh token that was replaced long ago was used again: it was copied. */
export const RefreshReused = defineEvent('identity.refresh-reused', 1, z.object({ userId: z.uuid() }));

/** An API key was created; with the session, if a session created it. */
export const ApiKeyCreated = defineEvent(
  'identity.api-key-created',
  1,
  z.object({ userId: z.uuid(), sessionId: z.uuid().nullable() }),
);

/** A user authenticated with a recovery code: in a session, or to start one. */
export const RecoveryCodeUsed = defineEvent(
  'identity.recovery-code-used',
  1,
  z.object({ userId: z.uuid(), sessionId: z.uuid().nullable() }),
);

/** Signing in requires a second factor from now on. */
export const MfaEnabled = defineEvent('identity.mfa-enabled', 1, Nothing);

/** Signing in requires only the password again. */
export const MfaDisabled = defineEvent('identity.mfa-disabled', 1, Nothing);

/** The verification mail of an address was requested again; whether it has a registration is not known yet. */
export const ResendRequested = defineEvent('identity.resend-requested', 1, z.object({ email: z.string() }));

/** A user has another avatar, or none. */
export const AvatarChanged = defineEvent('identity.avatar-changed', 1, Nothing);

/** A user's bio was changed. */
export const BioChanged = defineEvent('identity.bio-changed', 1, Nothing);

/** A user wants a different e-mail address, which must be verified; whether it is free is not known yet. */
export const EmailChangeRequested = defineEvent(
  'identity.email-change-requested',
  1,
  z.object({ changeId: z.uuid() }),
);

/** A user has verified a new e-mail address, and has it now. */
export const EmailChanged = defineEvent('identity.email-changed', 1, z.object({ changeId: z.uuid() }));

/** The change of an e-mail address was undone from the old one. */
export const EmailChangeUndone = defineEvent(
  'identity.email-change-undone',
  1,
  z.object({ changeId: z.uuid() }),
);

/** The account was linked to an identity at an OpenID Connect provider. */
export const ExternalIdentityLinked = defineEvent(
  'identity.external-identity-linked',
  1,
  z.object({ issuer: z.string() }),
);

/** A password reset was requested for an address; whether it has an account is not known yet. */
export const PasswordForgotten = defineEvent(
  'identity.password-forgotten',
  1,
  z.object({ email: z.string(), fromKnownNetwork: z.boolean().optional() }),
);

/** A link that sets a new password must be sent to the owner of an account; it is derived from the id. */
export const PasswordResetRequested = defineEvent(
  'identity.password-reset-requested',
  1,
  z.object({ resetId: z.uuid() }),
);

/** The password of an account was changed, in a session or with a link in a mail. */
export const PasswordChanged = defineEvent(
  'identity.password-changed',
  1,
  z.object({ sessionId: z.uuid().nullable() }),
);

/**
 * The events that change what others already see of a user. Events of a pending account do not: its profile is never
 * cached. Only these events remove a cached profile: a header of the response says whether it was cached, and nobody
 * must learn from it that a password, a role or a second factor has changed.
 */
export const profileEvents = [AvatarChanged, BioChanged, UserDeleted, UserErased, UserRenamed] as const;
