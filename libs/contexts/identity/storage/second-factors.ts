import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** The stored authenticator app of a user. */
export interface SecondFactor {
  /** Encrypted. */
  secret: Buffer;
  enrolled: boolean;
  /** Time step of the last used code (RFC 6238 §5.2): it and earlier ones are no longer accepted. */
  lastStep: number;
  /** Wrong codes since the last successful authentication. */
  failures: number;
}

/** Authenticator apps and recovery codes. */
@Injectable()
export class SecondFactors {
  constructor(private readonly sql: Sql) {}

  /**
   * Stores the secret of an app that is not enrolled yet, replacing an earlier one.
   *
   * @returns false if the user has an enrolled app
   */
  async initiate(userId: string, secret: Buffer): Promise<boolean> {
    const stored = await this.sql.execute(
      `INSERT INTO identity.second_factors AS f (user_id, secret) VALUES ($1, $2)
       ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = 0 WHERE f.enrolled_at IS NULL`,
      [userId, secret],
    );
    return stored === 1;
  }

  /** Reads and locks it until the current transaction ends. */
  lock(userId: string): Promise<SecondFactor | undefined> {
    return this.sql.row<SecondFactor & Record<string, unknown>>(
      `SELECT secret, enrolled_at IS NOT NULL AS enrolled, last_step AS "lastStep", failures
       FROM identity.second_factors WHERE user_id = $1 FOR UPDATE`,
      [userId],
    );
  }

  /** The app has sent its first code. */
  async enroll(userId: string): Promise<void> {
    await this.sql.execute('UPDATE identity.second_factors SET enrolled_at = now() WHERE user_id = $1', [
      userId,
    ]);
  }

  /**
   * Records a successful authentication, which resets the count of wrong codes.
   *
   * @param step time step of the code; null keeps the last one if something else was used
   */
  async succeed(userId: string, step = 0): Promise<void> {
    await this.sql.execute(
      'UPDATE identity.second_factors SET last_step = greatest(last_step, $2), failures = 0 WHERE user_id = $1',
      [userId, step],
    );
  }

  /** Counts a wrong code. */
  async fail(userId: string): Promise<void> {
    await this.sql.execute('UPDATE identity.second_factors SET failures = failures + 1 WHERE user_id = $1', [
      userId,
    ]);
  }

  /** Deletes the app and the recovery codes. */
  async remove(userId: string): Promise<void> {
    await this.sql.execute('DELETE FROM identity.second_factors WHERE user_id = $1', [userId]);
    await this.sql.execute('DELETE FROM identity.recovery_codes WHERE user_id = $1', [userId]);
  }

  /** Replaces the recovery codes of a user; earlier ones become invalid. */
  async replaceRecoveryCodes(userId: string, hashes: readonly Buffer[]): Promise<void> {
    await this.sql.execute('DELETE FROM identity.recovery_codes WHERE user_id = $1', [userId]);
    await this.sql.execute(
      'INSERT INTO identity.recovery_codes (user_id, code_hash) SELECT $1, unnest($2::bytea[])',
      [userId, hashes],
    );
  }

  /**
   * Consumes a recovery code.
   *
   * @returns whether there was such a code
   */
  async takeRecoveryCode(userId: string, hash: Buffer): Promise<boolean> {
    const taken = await this.sql.execute(
      'DELETE FROM identity.recovery_codes WHERE user_id = $1 AND code_hash = $2',
      [userId, hash],
    );
    return taken === 1;
  }
}
