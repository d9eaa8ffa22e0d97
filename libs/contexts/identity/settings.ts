import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Lifetimes of accounts and sessions, and limits against guessing. */
export class IdentitySettings extends defineSettings(
  'Identity',
  {
    erasureGraceSeconds: setting('ERASURE_GRACE_SECONDS', z.coerce.number().int().min(0), {
      doc: 'Seconds between the deletion of an account, which hides it immediately, and its erasure.',
      default: '2592000',
    }),
    lockoutFailures: setting('LOCKOUT_FAILURES', z.coerce.number().int().min(1).max(100), {
      doc: 'Number of wrong passwords for an e-mail address within LOCKOUT_SECONDS that locks it for their senders: all unknown clients, or a known network. Applies whether the address has an account or not.',
      default: '10',
    }),
    lockoutSeconds: setting('LOCKOUT_SECONDS', z.coerce.number().int().min(1).max(86_400), {
      doc: 'Seconds for which wrong passwords are counted, and for which an address is locked.',
      default: '900',
    }),
    mailDailyMax: setting('MAIL_DAILY_MAX', z.coerce.number().int().min(1).max(100), {
      doc: 'Maximum mails of one kind per e-mail address and day, for mails that anybody can request: verification, "you already have an account", password reset, change of address.',
      default: '5',
    }),
    mailPauseSeconds: setting('MAIL_PAUSE_SECONDS', z.coerce.number().int().min(60).max(86_400), {
      doc: 'Minimum seconds between the second and third of these mails within a day. Each further pause is four times as long. Between the first two the pause is a minute.',
      default: '300',
    }),
    maxApiKeys: setting('MAX_API_KEYS_PER_USER', z.coerce.number().int().min(1).max(1_000), {
      doc: 'Maximum API keys per user; one more is refused.',
      default: '50',
    }),
    maxSessions: setting('MAX_SESSIONS_PER_USER', z.coerce.number().int().min(1).max(1_000), {
      doc: 'Maximum sessions per user; one more sign-in ends the least recently refreshed one.',
      default: '50',
    }),
    registrationTtlSeconds: setting('REGISTRATION_TTL_SECONDS', z.coerce.number().int().min(1), {
      doc: 'Seconds after which an unverified registration is canceled and its e-mail address is free again.',
      default: '259200',
    }),
    sessionIdleDays: setting('SESSION_IDLE_DAYS', z.coerce.number().int().min(1).max(3_650), {
      doc: 'Days without a token refresh after which a session ends.',
      default: '30',
    }),
    sessionMaxDays: setting('SESSION_MAX_DAYS', z.coerce.number().int().min(1).max(3_650), {
      doc: 'Days after which every session ends, even if it is used. Must not be less than SESSION_IDLE_DAYS.',
      default: '180',
    }),
    signingKeyDays: setting('SIGNING_KEY_DAYS', z.coerce.number().int().min(0).max(3_650), {
      doc: 'Days after which the signing key of access tokens is rotated automatically, without signing anybody out. 0 turns this off; use `npm run keys`.',
      default: '90',
    }),
  },
  ({ sessionIdleDays, sessionMaxDays }) =>
    sessionMaxDays < sessionIdleDays ? 'SESSION_MAX_DAYS is less than SESSION_IDLE_DAYS.' : undefined,
) {}
