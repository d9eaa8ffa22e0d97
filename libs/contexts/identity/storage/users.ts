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
    bio: { type: 'text' },
    avatarMediaKey: { type: 'text', name: 'avatar_media_key', nullable: true },
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

/** A stored password. */
export interface StoredPassword {
  userId: string;
  hash: string;
  /** Number of the password; see {@link UserState}. */
  number: number;
}

/** The passwords of an address: that of its account, and that of an unverified registration. */
export interface AddressPasswords {
  /** Absent if the address has no verified account. */
  account?: StoredPassword;
  /** Hash of the password of a pending account, or of a decoy beside an account. */
  registered?: string;
  /** User with the address, verified or not. */
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

  /** @see Repository.save; others see a new profile after the commit, also if the user was cached */
  override async save(user: User): Promise<void> {
    await super.save(user);
    if (user.profileChanged) this.cache.forgetAfterCommit(userEntry(user.id));
  }

  /** @see Repository.remove */
  override async remove(user: User): Promise<void> {
    await super.remove(user);
    this.cache.forgetAfterCommit(userEntry(user.id));
  }

  /** Serializes registrations of one address until the current transaction ends. */
  async lockAddress(email: string): Promise<void> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('identity.address:' || $1, 0))`, [
      email,
    ]);
  }

  /** Serializes changes of one account until the current transaction ends. */
  async lock(id: string): Promise<void> {
    await this.sql.execute('SELECT 1 FROM identity.users WHERE id = $1 FOR NO KEY UPDATE', [id]);
  }

  /**
   * Locks the account of a signed-in user: a token may outlive its account by a few seconds.
   *
   * @throws Rejection `identity.account-gone` if it is deleted or erased
   */
  async lockOwn(id: string): Promise<User> {
    await this.lock(id);
    const user = await this.find({ id });
    if (!user || user.deleted) throw new Rejection(AccountGone);
    return user;
  }

  /**
   * Serializes claims of one username until the current transaction ends: accounts and decoys hold usernames in two
   * tables, so no constraint covers both. The username of an account is taken for every address; one held by a
   * registration is free for the same address, for a pending account and for a decoy alike. Both hold it until they are
   * canceled, not until their end: otherwise the time in between would tell one from the other.
   *
   * @param email of the registration
   * @param accountId account that changes its username; its own is not taken
   * @returns whether the username is taken, possibly by a pending registration.
   */
  async usernameTaken(username: string, email: string, accountId: string | null = null): Promise<boolean> {
    await this.sql.execute(
      `SELECT pg_advisory_xact_lock(hashtextextended('identity.username:' || lower($1), 0))`,
      [username],
    );
    return this.isUsernameHeld(username, email, accountId);
  }

  /** The same without a lock, so {@link usernameTaken} may return a different result right afterwards. */
  async seemsUsernameTaken(username: string, email: string): Promise<boolean> {
    return this.transaction.outside(() => this.isUsernameHeld(username, email, null));
  }

  private async isUsernameHeld(username: string, email: string, accountId: string | null): Promise<boolean> {
    const row = await this.sql.row(
      `SELECT 1 AS taken FROM identity.users WHERE lower(username) = lower($1)
         AND id IS DISTINCT FROM $3::uuid AND NOT (email = $2 AND status = 'pending')
       UNION ALL
       SELECT 1 FROM identity.decoys WHERE lower(username) = lower($1) AND email <> $2`,
      [username, email, accountId],
    );
    return row !== undefined;
  }

  /**
   * Reads without opening the transaction, because comparing takes long.
   *
   * @returns the stored passwords to compare with; empty for an unknown address
   */
  async passwordsOf(email: string): Promise<AddressPasswords> {
    const row = await this.transaction.outside(() =>
      this.sql.row<
        (StoredPassword | { userId: null; hash: string; number: number }) & {
          pending: boolean;
          decoyHash: string | null;
        } & Record<string, unknown>
      >(
        // An address that an account has given up and can get back has only decoys.
        `SELECT u.id AS "userId", u.password_hash AS hash, u.password_version AS number,
                u.status = 'pending' AS pending, d.password_hash AS "decoyHash"
         FROM (SELECT * FROM identity.users WHERE email = $1) u
         FULL JOIN (SELECT * FROM identity.decoys WHERE email = $1) d ON d.email = u.email`,
        [email],
      ),
    );
    if (!row) return {};
    const { userId, hash, number, pending, decoyHash } = row;
    if (userId === null) return decoyHash === null ? {} : { registered: decoyHash };
    if (pending) return { userId, registered: hash };
    return {
      userId,
      account: { userId, hash, number },
      ...(decoyHash !== null && { registered: decoyHash }),
    };
  }

  /**
   * Reads without opening the transaction, because hashing a new password takes long.
   *
   * @returns names that must not be in a user's password; undefined if there is no such user
   */
  async namesOf(id: string): Promise<Pick<UserState, 'email' | 'username' | 'name'> | undefined> {
    return this.transaction.outside(() =>
      this.sql.row(`SELECT email, username, name FROM identity.users WHERE id = $1 AND status <> 'deleted'`, [
        id,
      ]),
    );
  }

  /**
   * Prevents a password change until the current transaction ends, so that a change cannot miss what is created with
   * the old password.
   *
   * @returns whether it is still the current one
   */
  async holdPassword({ userId, number }: Pick<StoredPassword, 'userId' | 'number'>): Promise<boolean> {
    const held = await this.sql.row(
      'SELECT 1 AS held FROM identity.users WHERE id = $1 AND password_version = $2 FOR SHARE',
      [userId, number],
    );
    return held !== undefined;
  }

  /**
   * Stores a new hash of the same password, in a separate transaction; does nothing if it was changed in the meantime.
   */
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
   * @returns whether signing in requires a second factor; locked until the current transaction ends, so that no
   *   reauthentication by password happens while one is being enrolled
   */
  async needsSecondFactor(id: string): Promise<boolean> {
    const row = await this.sql.row<{ needed: boolean }>(
      'SELECT mfa_enabled_at IS NOT NULL AS needed FROM identity.users WHERE id = $1 FOR SHARE',
      [id],
    );
    return row?.needed ?? false;
  }

  /**
   * Locks registrations that were not verified in time, pending accounts and decoys, in the order of their ends: which
   * of two is canceled first must not depend on its kind. Skips locked ones, which are being verified.
   *
   * @param maxAgeSeconds age of the registration
   * @param limit of both kinds together
   */
  async lockExpired(maxAgeSeconds: number, limit: number): Promise<{ id: string; decoy: boolean }[]> {
    return this.sql.rows(
      `WITH pending AS (
         SELECT id, registered_at + make_interval(secs => $1) AS ends_at FROM identity.users
         WHERE status = 'pending' AND registered_at < now() - make_interval(secs => $1)
         ORDER BY registered_at LIMIT $2 FOR UPDATE SKIP LOCKED
       ), decoys AS (
         SELECT id, expires_at AS ends_at FROM identity.decoys WHERE expires_at < now()
         ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
       )
       SELECT id, decoy FROM (
         SELECT id, ends_at, false AS decoy FROM pending UNION ALL SELECT id, ends_at, true FROM decoys
       ) AS expired ORDER BY ends_at LIMIT $2`,
      [maxAgeSeconds, limit],
    );
  }
}
