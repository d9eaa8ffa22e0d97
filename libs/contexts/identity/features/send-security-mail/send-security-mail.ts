import type { EventOf } from '@rookery/domain';
import { defineMail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { UserDeleted } from '../../contract/events';
import { EmailChanges } from '../../storage/email-changes';
import { ApiKeyCreated, PasswordChanged, RecoveryCodeUsed, RefreshReused } from '../../events';
import { mailedTime, UserMails } from '../../services/user-mails';

interface Told {
  name: string;
  username: string;
  /** `2026-01-31 12:00 UTC` */
  when: string;
  /** Address of the client, if it is known. */
  ip: string | null;
}

const SAMPLE: Told = {
  name: 'Ada Lovelace',
  username: 'ada',
  when: '2026-01-31 12:00 UTC',
  ip: '192.0.2.1',
};

const passwordChangedMail = defineMail<Told>('password-changed', {
  transactional: true,
  sample: SAMPLE,
  en: {
    subject: 'Your Rookery password was changed',
    body: [
      'Hello {{name}},',
      'the password of the account “{{username}}” was changed on {{when}}{{#if ip}} from {{ip}}{{/if}}. Other devices were signed out. If a link in a mail was used to change it, all API keys were revoked too.',
      'If it was you, you do not have to do anything. If it was not, somebody else has your password or reads your mail: change the password of your mailbox, then choose “forgot password” where you sign in to Rookery.',
    ],
  },
  de: {
    subject: 'Ihr Passwort bei Rookery wurde geändert',
    body: [
      'Guten Tag, {{name}},',
      'das Passwort des Kontos „{{username}}“ wurde am {{when}}{{#if ip}} von {{ip}} aus{{/if}} geändert. Andere Geräte wurden abgemeldet. Wenn es mit einem Link aus einer Mail geändert wurde, wurden auch alle API-Schlüssel widerrufen.',
      'Wenn Sie es waren, müssen Sie nichts tun. Wenn nicht, hat jemand anders Ihr Passwort oder liest Ihre Mails: Ändern Sie das Passwort Ihres Postfachs und wählen Sie dann „Passwort vergessen“, wo Sie sich bei Rookery anmelden.',
    ],
  },
});

const sessionCopiedMail = defineMail<Told>('session-copied', {
  transactional: true,
  sample: SAMPLE,
  en: {
    subject: 'Somebody may have used your Rookery session',
    body: [
      'Hello {{name}},',
      'on {{when}} an old token of a session of the account “{{username}}” was used. The session was signed in{{#if ip}} from {{ip}}{{/if}}. Somebody may have a copy of the token, so the session was ended.',
      'Sign in again to continue. If you do not recognize the session, or if this happens again, change your password and end all sessions.',
    ],
  },
  de: {
    subject: 'Jemand hat vielleicht Ihre Sitzung bei Rookery benutzt',
    body: [
      'Guten Tag, {{name}},',
      'am {{when}} wurde ein altes Token einer Sitzung des Kontos „{{username}}“ benutzt.{{#if ip}} Sie wurde von {{ip}} aus begonnen.{{/if}} Jemand hat vielleicht eine Kopie des Tokens, deshalb wurde die Sitzung beendet.',
      'Melden Sie sich wieder an, um fortzufahren. Wenn Sie die Sitzung nicht erkennen oder dies wieder geschieht, ändern Sie Ihr Passwort und beenden Sie alle Sitzungen.',
    ],
  },
});

const keyCreatedMail = defineMail<Told & { prefix: string; scopes: string; ends: string }>(
  'api-key-created',
  {
    transactional: true,
    sample: { ...SAMPLE, prefix: 'rk_1a2b', scopes: 'read, write', ends: '2027-01-31' },
    en: {
      subject: 'A new API key for your Rookery account',
      body: [
        'Hello {{name}},',
        'an API key for the account “{{username}}” was created on {{when}}{{#if ip}} from {{ip}}{{/if}}. It starts with {{prefix}}, has the scopes {{scopes}}, and expires on {{ends}}.',
        'If it was you, you do not have to do anything. If it was not, choose “forgot password” where you sign in to Rookery. A new password set with the link ends all sessions and revokes all API keys.',
      ],
    },
    de: {
      subject: 'Ein neuer API-Schlüssel für Ihr Konto bei Rookery',
      body: [
        'Guten Tag, {{name}},',
        'am {{when}} wurde{{#if ip}} von {{ip}} aus{{/if}} ein API-Schlüssel für das Konto „{{username}}“ angelegt. Er beginnt mit {{prefix}}, hat die Rechte {{scopes}} und läuft am {{ends}} ab.',
        'Wenn Sie es waren, müssen Sie nichts tun. Wenn nicht, wählen Sie „Passwort vergessen“, wo Sie sich bei Rookery anmelden. Ein neues Passwort, das Sie mit dem Link setzen, beendet alle Sitzungen und widerruft alle API-Schlüssel.',
      ],
    },
  },
);

const recoveryCodeMail = defineMail<Told & { toSignIn: boolean; left: string }>('recovery-code-used', {
  transactional: true,
  sample: { ...SAMPLE, toSignIn: true, left: '9' },
  en: {
    subject: 'A recovery code of your Rookery account was used',
    body: [
      'Hello {{name}},',
      'a recovery code of the account “{{username}}” was used on {{when}} {{#if toSignIn}}to sign in{{else}}in a session that was signed in{{#if ip}} from {{ip}}{{/if}}{{/if}}. It does not work again. {{left}} are left.',
      'If it was you, you do not have to do anything. Create new codes when only a few are left. If it was not, somebody else has your recovery codes: choose “forgot password” where you sign in to Rookery, which ends all sessions, then create new recovery codes.',
    ],
  },
  de: {
    subject: 'Ein Wiederherstellungscode Ihres Kontos bei Rookery wurde benutzt',
    body: [
      'Guten Tag, {{name}},',
      'am {{when}} wurde ein Wiederherstellungscode des Kontos „{{username}}“ benutzt{{#if toSignIn}}, um sich anzumelden{{else}}{{#if ip}}, in einer Sitzung, die von {{ip}} aus begonnen wurde{{/if}}{{/if}}. Er gilt nicht noch einmal. Es sind noch {{left}} übrig.',
      'Wenn Sie es waren, müssen Sie nichts tun. Erzeugen Sie neue Codes, wenn nur noch wenige übrig sind. Wenn nicht, hat jemand anders Ihre Wiederherstellungscodes: Wählen Sie „Passwort vergessen“, wo Sie sich bei Rookery anmelden; das beendet alle Sitzungen. Erzeugen Sie dann neue Wiederherstellungscodes.',
    ],
  },
});

const deletionMail = defineMail<Told & { erased: string }>('account-deletion-started', {
  transactional: true,
  sample: { ...SAMPLE, erased: '2026-03-02 12:00 UTC' },
  en: {
    subject: 'Your Rookery account was deleted',
    body: [
      'Hello {{name}},',
      'the account “{{username}}” was deleted on {{when}}. Others can no longer see it, all its sessions were ended, and its API keys no longer work. All its data is erased after {{erased}}.',
      'This is final. Nobody can sign in to the account, and signing in or registering with this address again does not restore it.',
      'If it was you, you do not have to do anything. If it was not, somebody else was signed in to your account. They may know your password or read your mail: change the password of your mailbox, and change this password wherever else you use it.',
    ],
  },
  de: {
    subject: 'Ihr Konto bei Rookery wurde gelöscht',
    body: [
      'Guten Tag, {{name}},',
      'das Konto „{{username}}“ wurde am {{when}} gelöscht. Andere sehen es nicht mehr, alle Sitzungen wurden beendet, und seine API-Schlüssel gelten nicht mehr. Alle seine Daten werden nach dem Zeitpunkt {{erased}} entfernt.',
      'Das ist endgültig. Niemand kann sich bei dem Konto anmelden, und weder eine Anmeldung noch eine neue Registrierung mit dieser Adresse stellt es wieder her.',
      'Wenn Sie es waren, müssen Sie nichts tun. Wenn nicht, war jemand anders bei Ihrem Konto angemeldet. Vielleicht kennt er Ihr Passwort oder liest Ihre Mails: Ändern Sie das Passwort Ihres Postfachs und dieses Passwort überall, wo Sie es sonst noch verwenden.',
    ],
  },
});

/**
 * The address is read from the session, because events contain no addresses; the user agent is left out, because
 * clients can set it to any text.
 *
 * @returns undefined if the account is erased; an account that is only hidden still has its address
 */
async function lookUp(
  sql: Sql,
  userId: string,
  sessionId: string | null,
  occurredAt: string,
): Promise<(Told & { email: string }) | undefined> {
  const user = await sql.row<{ email: string; name: string; username: string; ip: string | null }>(
    `SELECT u.email, u.name, u.username, host(s.ip) AS ip
     FROM identity.users u LEFT JOIN identity.sessions s ON s.user_id = u.id AND s.id = $2
     WHERE u.id = $1`,
    [userId, sessionId],
  );
  if (!user) return undefined;
  const when = mailedTime(occurredAt);
  return { ...user, when };
}

/** Notifies the owner of an account about security changes (OWASP ASVS 5.0, 6.3.7). */
@Subscriber('identity.send-security-mail', [PasswordChanged, RefreshReused], { queue: Queues.mail })
export class SendSecurityMail implements Handles<typeof PasswordChanged | typeof RefreshReused> {
  constructor(
    private readonly mails: UserMails,
    private readonly sql: Sql,
  ) {}

  async handle(
    { subject, occurredAt, data }: EventOf<typeof PasswordChanged | typeof RefreshReused>,
    { key }: Attempt,
  ): Promise<void> {
    const [userId, sessionId] = 'userId' in data ? [data.userId, subject] : [subject, data.sessionId];
    const told = await lookUp(this.sql, userId, sessionId, occurredAt);
    if (!told) return;
    const template = 'userId' in data ? sessionCopiedMail : passwordChangedMail;
    await this.mails.send(userId, told.email, template, told, key);
  }
}

/**
 * Notifies the owner of an account about a new API key. Its name is left out, because its creator can set it to any
 * text.
 */
@Subscriber('identity.send-api-key-mail', ApiKeyCreated, { queue: Queues.mail })
export class SendApiKeyMail implements Handles<typeof ApiKeyCreated> {
  constructor(
    private readonly mails: UserMails,
    private readonly sql: Sql,
  ) {}

  async handle(
    { subject, occurredAt, data: { userId, sessionId } }: EventOf<typeof ApiKeyCreated>,
    { key }: Attempt,
  ): Promise<void> {
    const told = await lookUp(this.sql, userId, sessionId, occurredAt);
    const apiKey = await this.sql.row<{ prefix: string; scopes: string[]; expiresAt: Date }>(
      'SELECT prefix, scopes, expires_at AS "expiresAt" FROM identity.api_keys WHERE id = $1',
      [subject],
    );
    if (!told || !apiKey) return;
    const { prefix, scopes, expiresAt } = apiKey;
    const what = { prefix, scopes: scopes.join(', '), ends: expiresAt.toISOString().slice(0, 10) };
    await this.mails.send(userId, told.email, keyCreatedMail, { ...told, ...what }, key);
  }
}

/** Notifies the owner of an account that a recovery code was used. */
@Subscriber('identity.send-recovery-code-mail', RecoveryCodeUsed, { queue: Queues.mail })
export class SendRecoveryCodeMail implements Handles<typeof RecoveryCodeUsed> {
  constructor(
    private readonly mails: UserMails,
    private readonly sql: Sql,
  ) {}

  async handle(
    { occurredAt, data: { userId, sessionId } }: EventOf<typeof RecoveryCodeUsed>,
    { key }: Attempt,
  ): Promise<void> {
    const told = await lookUp(this.sql, userId, sessionId, occurredAt);
    if (!told) return;
    const [{ left } = { left: 0 }] = await this.sql.rows<{ left: number }>(
      'SELECT count(*)::int AS left FROM identity.recovery_codes WHERE user_id = $1',
      [userId],
    );
    const toSignIn = sessionId === null;
    await this.mails.send(
      userId,
      told.email,
      recoveryCodeMail,
      { ...told, toSignIn, left: String(left) },
      key,
    );
  }
}

/**
 * Notifies the owner that the account was deleted: they cannot find out by signing in, which is refused as for an
 * unknown address. Addresses that the account had until recently get the mail too: a thief can change the address first.
 */
@Subscriber('identity.send-deletion-mail', UserDeleted, { queue: Queues.mail })
export class SendDeletionMail implements Handles<typeof UserDeleted> {
  constructor(
    private readonly changes: EmailChanges,
    private readonly mails: UserMails,
    private readonly sql: Sql,
  ) {}

  async handle(
    { subject: userId, occurredAt, data: { eraseAfter } }: EventOf<typeof UserDeleted>,
    { key }: Attempt,
  ): Promise<void> {
    const told = await lookUp(this.sql, userId, null, occurredAt);
    if (!told) return;
    const variables = { ...told, erased: mailedTime(eraseAfter) };
    const former = await this.changes.formerAddresses(userId);
    const addresses = [told.email, ...former.filter((address) => address !== told.email)];
    for (const [index, address] of addresses.entries())
      await this.mails.send(userId, address, deletionMail, variables, index === 0 ? key : `${key} ${index}`);
  }
}
