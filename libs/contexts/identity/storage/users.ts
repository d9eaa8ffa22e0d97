import { Injectable } from '@nestjs/common';
import { Outbox, Repository, Sql, type StoredAs, Transaction } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { UsernameTaken } from '../model/rejections';
import { User, type UserState } from '../model/user';

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
    role: { type: 'text' },
    status: { type: 'text' },
    passwordHash: { type: 'text', name: 'password_hash' },
    registeredAt: { type: 'timestamptz', name: 'registered_at' },
    verifiedAt: { type: 'timestamptz', name: 'verified_at', nullable: true },
    verificationRequestedAt: { type: 'timestamptz', name: 'verification_requested_at', nullable: true },
  },
});

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
    outbox: Outbox,
    private readonly sql: Sql,
  ) {
    super(transaction, outbox);
  }

  /** Makes registrations of one address wait for each other until the present transaction ends. */
  async lockAddress(email: string): Promise<void> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('identity.address:' || $1, 0))`, [email]);
  }

  /** @returns whether somebody with another address has the username, be it for a pending registration. */
  async usernameTaken(username: string, email: string): Promise<boolean> {
    const row = await this.sql.row(
      `SELECT 1 AS taken FROM identity.users WHERE lower(username) = lower($1) AND email <> $2
       UNION ALL
       SELECT 1 FROM identity.decoys WHERE lower(username) = lower($1) AND email <> $2 AND expires_at > now()`,
      [username, email],
    );
    return row !== undefined;
  }

  /**
   * Reads without opening the transaction, since comparing takes long.
   *
   * @returns whose address it is and the hash to compare a password with; undefined for an unknown address
   */
  async credentialsOf(email: string): Promise<{ id: string; passwordHash: string } | undefined> {
    return this.transaction.outside(() =>
      this.sql.row<{ id: string; passwordHash: string }>(
        'SELECT id, password_hash AS "passwordHash" FROM identity.users WHERE email = $1',
        [email],
      ),
    );
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
