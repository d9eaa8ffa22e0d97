import type { EventOf } from '@rookery/domain';
import { defineMail, Mail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { ApiKeyCreated, PasswordChanged, RecoveryCodeUsed, RefreshReused } from '../../events';

interface Told {
  name: string;
  username: string;
  /** `2026-01-31 12:00 UTC` */
  when: string;
  /** ` from 192.0.2.1`, or empty if unknown. */
  from: string;
}

const passwordChangedMail = defineMail<Told>({
  subject: 'Your Rookery password was changed',
  text: `Hello {{name}},

the password of the account "{{username}}" was changed on {{when}}{{from}}. Other devices were signed out. If a link in a mail was used to change it, all API keys were revoked too.

If it was you, you do not have to do anything. If it was not, somebody else has your password or reads your mail: change the password of your mailbox, then choose "forgot password" where you sign in to Rookery.
`,
  html: `<p>Hello {{name}},</p>
<p>the password of the account “{{username}}” was changed on {{when}}{{from}}. Other devices were signed out. If a link in a mail was used to change it, all API keys were revoked too.</p>
<p>If it was you, you do not have to do anything. If it was not, somebody else has your password or reads your mail: change the password of your mailbox, then choose “forgot password” where you sign in to Rookery.</p>`,
});

const sessionCopiedMail = defineMail<Told>({
  subject: 'Somebody may have used your Rookery session',
  text: `Hello {{name}},

on {{when}} an old token of a session of the account "{{username}}" was used. The session was signed in{{from}}. Somebody may have a copy of the token, so the session was ended.

Sign in again to continue. If you do not recognize the session, or if this happens again, change your password and end all sessions.
`,
  html: `<p>Hello {{name}},</p>
<p>on {{when}} an old token of a session of the account “{{username}}” was used. The session was signed in{{from}}. Somebody may have a copy of the token, so the session was ended.</p>
<p>Sign in again to continue. If you do not recognize the session, or if this happens again, change your password and end all sessions.</p>`,
});

const keyCreatedMail = defineMail<Told & { prefix: string; scopes: string; ends: string }>({
  subject: 'A new API key for your Rookery account',
  text: `Hello {{name}},

an API key for the account "{{username}}" was created on {{when}}{{from}}. It starts with {{prefix}}, has the scopes {{scopes}}, and expires on {{ends}}.

If it was you, you do not have to do anything. If it was not, choose "forgot password" where you sign in to Rookery. A new password set with the link ends all sessions and revokes all API keys.
`,
  html: `<p>Hello {{name}},</p>
<p>an API key for the account “{{username}}” was created on {{when}}{{from}}. It starts with {{prefix}}, has the scopes {{scopes}}, and expires on {{ends}}.</p>
<p>If it was you, you do not have to do anything. If it was not, choose “forgot password” where you sign in to Rookery. A new password set with the link ends all sessions and revokes all API keys.</p>`,
});

const recoveryCodeMail = defineMail<Told & { purpose: string; left: string }>({
  subject: 'A recovery code of your Rookery account was used',
  text: `Hello {{name}},

a recovery code of the account "{{username}}" was used on {{when}} {{purpose}}. It does not work again. {{left}} are left.

If it was you, you do not have to do anything. Create new codes when only a few are left. If it was not, somebody else has your recovery codes: choose "forgot password" where you sign in to Rookery, which ends all sessions, then create new recovery codes.
`,
  html: `<p>Hello {{name}},</p>
<p>a recovery code of the account “{{username}}” was used on {{when}} {{purpose}}. It does not work again. {{left}} are left.</p>
<p>If it was you, you do not have to do anything. Create new codes when only a few are left. If it was not, somebody else has your recovery codes: choose “forgot password” where you sign in to Rookery, which ends all sessions, then create new recovery codes.</p>`,
});

/**
 * The address is read from the session, because events contain no addresses; the user agent is left out, because
 * clients can set it to any text.
 *
 * @returns undefined if the account no longer exists
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
  const { ip, ...who } = user;
  const when = `${occurredAt.slice(0, 16).replace('T', ' ')} UTC`;
  return { ...who, when, from: ip ? ` from ${ip}` : '' };
}

/** Notifies the owner of an account about security changes (OWASP ASVS 5.0, 6.3.7). */
@Subscriber('identity.send-security-mail', [PasswordChanged, RefreshReused], { queue: Queues.mail })
export class SendSecurityMail implements Handles<typeof PasswordChanged | typeof RefreshReused> {
  constructor(
    private readonly mail: Mail,
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
    await this.mail.send(told.email, template, told, key);
  }
}

/**
 * Notifies the owner of an account about a new API key. Its name is left out, because its creator can set it to any
 * text.
 */
@Subscriber('identity.send-api-key-mail', ApiKeyCreated, { queue: Queues.mail })
export class SendApiKeyMail implements Handles<typeof ApiKeyCreated> {
  constructor(
    private readonly mail: Mail,
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
    await this.mail.send(told.email, keyCreatedMail, { ...told, ...what }, key);
  }
}

/** Notifies the owner of an account that a recovery code was used. */
@Subscriber('identity.send-recovery-code-mail', RecoveryCodeUsed, { queue: Queues.mail })
export class SendRecoveryCodeMail implements Handles<typeof RecoveryCodeUsed> {
  constructor(
    private readonly mail: Mail,
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
    const purpose = sessionId === null ? 'to sign in' : `in a session that was signed in${told.from}`;
    await this.mail.send(told.email, recoveryCodeMail, { ...told, purpose, left: String(left) }, key);
  }
}
