import { Injectable } from '@nestjs/common';
import { Sql, Transaction } from '@rookery/persistence';
import { IdentitySettings } from '../settings';

/** Consecutive wrong codes after which an address's codes stop working (NIST SP 800-63B §5.2.2: no more than 100). */
const MAX_FAILURES = 100;

/**
 * Counts consecutive wrong verification codes of each address. Five attempts per code would not stop an attacker who
 * requests a hundred thousand codes, and Redis may lose data, so this is in PostgreSQL. Once the limit is reached, only
 * the link in the mail verifies, until nothing was tried for the lifetime of a registration.
 *
 * Written in separate transactions, because a rejected command rolls its own back. Addresses are HMACs; it makes no
 * difference whether one has an account.
 */
@Injectable()
export class CodeFailures {
  constructor(
    private readonly settings: IdentitySettings,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {}

  /**
   * Counts an attempt as wrong before the comparison; call {@link forgive} or {@link withdraw} if it was not.
   *
   * @param address HMAC of the e-mail address
   * @returns whether it may be compared
   */
  async count(address: Buffer): Promise<boolean> {
    const counted = await this.alone(() =>
      this.sql.execute(
        `INSERT INTO identity.code_failures AS f (address, failures, last_tried_at) VALUES ($1, 1, now())
         ON CONFLICT (address) DO UPDATE SET last_tried_at = now(),
           failures = CASE WHEN f.last_tried_at < now() - make_interval(secs => $3) THEN 1 ELSE f.failures + 1 END
         WHERE f.failures < $2 OR f.last_tried_at < now() - make_interval(secs => $3)`,
        [address, MAX_FAILURES, this.settings.registrationTtlSeconds],
      ),
    );
    return counted === 1;
  }

  /** The code was right. */
  async forgive(address: Buffer): Promise<void> {
    await this.alone(() =>
      this.sql.execute('DELETE FROM identity.code_failures WHERE address = $1', [address]),
    );
  }

  /** Nothing was compared: there was no code. */
  async withdraw(address: Buffer): Promise<void> {
    await this.alone(async () => {
      const gone = await this.sql.execute(
        'DELETE FROM identity.code_failures WHERE address = $1 AND failures <= 1',
        [address],
      );
      if (gone === 1) return;
      await this.sql.execute(
        'UPDATE identity.code_failures SET failures = greatest(failures - 1, 0) WHERE address = $1',
        [address],
      );
    });
  }

  /**
   * Deletes addresses without attempts for the lifetime of a registration, at most `limit`.
   *
   * @returns number of deleted rows
   */
  removeOld(limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM identity.code_failures WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM identity.code_failures WHERE last_tried_at < now() - make_interval(secs => $1) LIMIT $2 FOR UPDATE SKIP LOCKED))`,
      [this.settings.registrationTtlSeconds, limit],
    );
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    return this.transaction.outside(() => this.transaction.run(work));
  }
}
