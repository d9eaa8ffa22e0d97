import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

const Nothing = z.object({});

/** A user has registered; the account is pending until its e-mail address is verified. */
export const UserRegistered = defineEvent(
  'identity.user-registered',
  1,
  z.object({ username: z.string(), name: z.string() }),
);

/** The e-mail address is verified: the account is active. */
export const UserVerified = defineEvent('identity.user-verified', 1, Nothing);

/** A pending account was removed; its e-mail address and username are free again. */
export const RegistrationCancelled = defineEvent(
  'identity.registration-cancelled',
  1,
  z.object({
    reason: z.enum([
      'mail-undeliverable',
      'not-verified-in-time',
      'verified-by-provider',
      'verified-by-another-account',
    ]),
  }),
);

/** A session ended early: signed out, ended from another device, or stolen. */
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

/**
 * All sessions and API keys of a user were ended, because somebody else may have had them: the password was reset, a
 * change of the address undone, or an administrator did it. Everything else that acts or reads for the user without
 * signing in ends, too.
 */
export const AccessReset = defineEvent('identity.access-reset', 1, z.object({ userId: z.uuid() }));

/** The account is hidden immediately; all its data is erased when the grace period is over. */
export const UserDeleted = defineEvent(
  'identity.user-deleted',
  1,
  z.object({ eraseAfter: z.iso.datetime() }),
);

/** All data of the user is erased, in all contexts. */
export const UserErased = defineEvent('identity.user-erased', 1, Nothing);

/** A user has a different role; its permissions apply within five seconds. */
export const RoleChanged = defineEvent(
  'identity.role-changed',
  1,
  z.object({ role: z.string(), previous: z.string() }),
);

/** A user's names were changed; both are the current ones. */
export const UserRenamed = defineEvent(
  'identity.user-renamed',
  1,
  z.object({ username: z.string(), name: z.string() }),
);

/** A user's preferences were changed; all are the current ones. */
export const PreferencesChanged = defineEvent(
  'identity.preferences-changed',
  1,
  z.object({
    userId: z.uuid(),
    interests: z.array(z.string()),
    tone: z.string(),
    length: z.string(),
    language: z.string(),
    /** IANA name; missing in old events. */
    timeZone: z.string().optional(),
  }),
);
