import { Injectable } from '@nestjs/common';
import { Cache } from '@rookery/application';
import { Rejection } from '@rookery/domain';
import { Outbox, Repository, Sql, type StoredAs, Transaction } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { AccountGone, UsernameTaken } from '../model/rejections';
import { User, type UserState } from '../model/user';
import { userEntry } from './public-users';

export const userSchema = new EntitySchema<UserState>({
  name: 'User',
  schema: 'identity',
  tableName: 'users',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    email: { type: 'text' },
    username: { type: 'text' },
    name: { type: 'text' },
    profileVersion: { type: 'int', name: 'profile_version' },
    role: { type: 'text' },
    status: { type: 'text' },
    passwordHash: { type: 'text', name: 'password_hash' },
    passwordVersion: { type: 'int', name: 'password_version' },
    passwordResetRequestedAt: { type: 'timestamptz', name: 'password_reset_requested_at', nullable: true },
    registeredAt: { type: 'timestamptz', name: 'registered_at' },
    verifiedAt: { type: 'timestamptz', name: 'verified_at', nullable: true },
    verificationRequestedAt: { type: 'timestamptz', name: 'verification_requested_at', nullable: true },
    verificationId: { type: 'uuid', name: 'verification_id', nullable: true },
    contested: { type: 'boolean' },
    mfaEnabledAt: { type: 'timestamptz', name: 'mfa_enabled_at', nullable: true },
  },
});

/** A password as it is stored. */
export interface StoredPassword {
  userId: string;
  hash: string;
  /** The how-manieth of its owner; see {@link UserState}. */
  number: number;
}

/** The passwords that an address was given: that of its account, and that of a registration nobody has verified. */
export interface AddressPasswords {
  /** Absent where the address has no account that is verified. */
  account?: StoredPassword;
  /** Hash of what a pending account, or a decoy beside an account, was registered with. */
  registered?: string;
  /** Whose address it is, verified or not. */
  userId?: string;
}

/** The accounts, and the names that registrations hold. */
@Injectable()
export class Users extends Repository<UserState, User> {
  protected readonly storedAs: StoredAs<UserState, User> = {
    schema: userSchema,
    restore: (state) => new User(state),
    unique: { users_username_key: UsernameTaken },
  };

  constructor(
    transaction: Transaction,
    sql: Sql,
    outbox: Outbox,
    private readonly cache: Cache,
  ) {
    super(transaction, sql, outbox);
  }

  /** @see Repository.save; others see the change once it is committed, whatever was kept of the user */
  override async save(user: User): Promise<void> {
    await super.save(user);
    this.cache.forgetAfterCommit(userEntry(user.id));
  }

  /** @see Repository.remove */
  override async remove(user: User): Promise<void> {
    await super.remove(user);
    this.cache.forgetAfterCommit(userEntry(user.id));
  }

  /** Makes registrations of one address wait for each other until the present transaction ends. */
  async lockAddress(email: string): Promise<void> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('identity.address:' || $1, 0))`, [
      email,
    ]);
  }

  /** Makes changes of one account wait for each other until the present transaction ends. */
  async lock(id: string): Promise<void> {
    await this.sql.execute('SELECT 1 FROM identity.users WHERE id = $1 FOR NO KEY UPDATE', [id]);
  }

  /**
   * Locks the account of somebody who is signed in: a token may outlive its account by a few seconds.
   *
   * @throws Rejection `identity.account-gone` when it is deleted, or erased
   */
  async lockOwn(id: string): Promise<User> {
    await this.lock(id);
    const user = await this.find({ id });
    if (!user || user.deleted) throw new Rejection(AccountGone);
    return user;
  }

  /**
   * Makes everybody who wants the same username wait until the present transaction ends: accounts and decoys hold
   * names in two tables, which no constraint spans. That of an account is taken whatever the address; one that a
   * registration holds is free for the same address, with a pending account and with a decoy alike.
   *
   * @param email of whoever wants it
   * @param accountId that wants another name, for which its own is not taken
   * @returns whether somebody has the username, be it for a pending registration.
   */
  async usernameTaken(username: string, email: string, accountId: string | null = null): Promise<boolean> {
    await this.sql.execute(
      `SELECT pg_advisory_xact_lock(hashtextextended('identity.username:' || lower($1), 0))`,
      [username],
    );
    return this.isUsernameHeld(username, email, accountId);
  }

  /** The same at this moment: nothing is locked, so {@link usernameTaken} may say something else right afterwards. */
  async seemsUsernameTaken(username: string, email: string): Promise<boolean> {
    return this.transaction.outside(() => this.isUsernameHeld(username, email, null));
  }

  private async isUsernameHeld(username: string, email: string, accountId: string | null): Promise<boolean> {
    const row = await this.sql.row(
      `SELECT 1 AS taken FROM identity.users WHERE lower(username) = lower($1)
         AND id IS DISTINCT FROM $3::uuid AND NOT (email = $2 AND status = 'pending')
       UNION ALL
       SELECT 1 FROM identity.decoys WHERE lower(username) = lower($1) AND email <> $2 AND expires_at > now()`,
      [username, email, accountId],
    );
    return row !== undefined;
  }

  /**
   * Reads without opening the transaction, since comparing takes long.
   *
   * @returns what to compare a password with; nothing for an unknown address
   */
  async passwordsOf(email: string): Promise<AddressPasswords> {
    const row = await this.transaction.outside(() =>
      this.sql.row<StoredPassword & { pending: boolean; decoyHash: string | null } & Record<string, unknown>>(
        `SELECT u.id AS "userId", u.password_hash AS hash, u.password_version AS number,
                u.status = 'pending' AS pending, d.password_hash AS "decoyHash"
         FROM identity.users u LEFT JOIN identity.decoys d ON d.email = u.email AND d.expires_at > now()
         WHERE u.email = $1`,
        [email],
      ),
    );
    if (!row) return {};
    const { userId, hash, number, pending, decoyHash } = row;
    if (pending) return { userId, registered: hash };
    return {
      userId,
      account: { userId, hash, number },
      ...(decoyHash !== null && { registered: decoyHash }),
    };
  }

  /**
   * Reads without opening the transaction, since hashing a new password takes long.
   *
   * @returns what must not be in a user's password; undefined when there is no such user
   */
  async namesOf(id: string): Promise<Pick<UserState, 'email' | 'username' | 'name'> | undefined> {
    return this.transaction.outside(() =>
      this.sql.row(`SELECT email, username, name FROM identity.users WHERE id = $1 AND status <> 'deleted'`, [
        id,
      ]),
    );
  }

  /**
   * Keeps a password from being changed until the present transaction ends: what follows from it and what ends with
   * it cannot miss each other.
   *
   * @returns whether it is still the present one
   */
  async holdPassword({ userId, number }: Pick<StoredPassword, 'userId' | 'number'>): Promise<boolean> {
    const held = await this.sql.row(
      'SELECT 1 AS held FROM identity.users WHERE id = $1 AND password_version = $2 FOR SHARE',
      [userId, number],
    );
    return held !== undefined;
  }

  /** Stores the same password rehashed, in a transaction of its own; nothing happens when it was changed meanwhile. */
  async rehash({ userId, hash }: StoredPassword, newHash: string): Promise<void> {
    await this.transaction.outside(() =>
      this.transaction.run(() =>
        this.sql.execute(
          'UPDATE identity.users SET password_hash = $3 WHERE id = $1 AND password_hash = $2',
          [userId, hash, newHash],
        ),
      ),
    );
  }

  /**
   * @returns whether signing in needs a second factor; that stays so until the present transaction ends, so that no
   *   proof by password slips in while one is enrolled
   */
  async needsSecondFactor(id: string): Promise<boolean> {
    const row = await this.sql.row<{ needed: boolean }>(
      'SELECT mfa_enabled_at IS NOT NULL AS needed FROM identity.users WHERE id = $1 FOR SHARE',
      [id],
    );
    return row?.needed ?? false;
  }

  /**
   * @param olderThanSeconds age of the registration
   * @returns ids of accounts that nobody verified in time
   */
  async unverified(olderThanSeconds: number, limit: number): Promise<string[]> {
    const rows = await this.sql.rows<{ id: string }>(
      `SELECT id FROM identity.users WHERE status = 'pending' AND registered_at < now() - make_interval(secs => $1)
       ORDER BY registered_at LIMIT $2`,
      [olderThanSeconds, limit],
    );
    return rows.map(({ id }) => id);
  }
}
