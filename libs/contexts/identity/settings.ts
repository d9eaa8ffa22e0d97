import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Time limits of accounts and sessions, and what holds guessing off. */
export class IdentitySettings extends defineSettings(
  'Identity',
  {
    erasureGraceSeconds: setting('ERASURE_GRACE_SECONDS', z.coerce.number().int().min(0), {
      doc: 'Seconds between the deletion of an account, which hides it at once, and its erasure.',
      default: '2592000',
    }),
    lockoutFailures: setting('LOCKOUT_FAILURES', z.coerce.number().int().min(1).max(100), {
      doc: 'Wrong passwords of an address within LOCKOUT_SECONDS that lock it for those who gave them: all strangers, or a network from which somebody has signed in. Whether it has an account or not.',
      default: '10',
    }),
    lockoutSeconds: setting('LOCKOUT_SECONDS', z.coerce.number().int().min(1).max(86_400), {
      doc: 'Seconds for which wrong passwords are remembered, and for which an address is locked.',
      default: '900',
    }),
    mailDailyMax: setting('MAIL_DAILY_MAX', z.coerce.number().int().min(1).max(100), {
      doc: 'Mails of one kind that an address is sent a day, where strangers can ask for them: verification, "you already have an account", password reset.',
      default: '5',
    }),
    mailPauseSeconds: setting('MAIL_PAUSE_SECONDS', z.coerce.number().int().min(60).max(86_400), {
      doc: 'Seconds between the second and the third of these mails within a day; each further pause is four times as long. Between the first two there is a minute.',
      default: '300',
    }),
    maxApiKeys: setting('MAX_API_KEYS_PER_USER', z.coerce.number().int().min(1).max(1_000), {
      doc: 'API keys that a user can have at a time; one more is refused.',
      default: '50',
    }),
    maxSessions: setting('MAX_SESSIONS_PER_USER', z.coerce.number().int().min(1).max(1_000), {
      doc: 'Sessions that a user can have at a time; one more sign-in ends the one that was refreshed longest ago.',
      default: '50',
    }),
    registrationTtlSeconds: setting('REGISTRATION_TTL_SECONDS', z.coerce.number().int().min(1), {
      doc: 'Seconds a registration waits to be verified before its e-mail address is free again.',
      default: '259200',
    }),
    sessionIdleDays: setting('SESSION_IDLE_DAYS', z.coerce.number().int().min(1).max(3_650), {
      doc: 'Days after which a session that was not refreshed ends.',
      default: '30',
    }),
    sessionMaxDays: setting('SESSION_MAX_DAYS', z.coerce.number().int().min(1).max(3_650), {
      doc: 'Days after which any session ends, however much it is used. Not less than SESSION_IDLE_DAYS.',
      default: '180',
    }),
    signingKeyDays: setting('SIGNING_KEY_DAYS', z.coerce.number().int().min(0).max(3_650), {
      doc: 'Days after which another key signs access tokens, by itself and without signing anybody out. 0: only by `npm run keys`.',
      default: '90',
    }),
  },
  ({ sessionIdleDays, sessionMaxDays }) =>
    sessionMaxDays < sessionIdleDays ? 'SESSION_MAX_DAYS is less than SESSION_IDLE_DAYS.' : undefined,
) {}
