import { Injectable, Logger } from '@nestjs/common';
import type { Client } from '@rookery/web';
import { PasswordAttempts } from '../storage/password-attempts';
import { type AddressPasswords, type StoredPassword, Users } from '../storage/users';
import { Keys } from '../keys';
import { StoredKnownClients } from './known-clients';
import { Passwords } from './passwords';

type Outcome = StoredPassword | 'unverified' | 'wrong';

/**
 * Checks the password of an address. The only way to do so, so that wrong passwords are counted everywhere, and known,
 * unknown and locked addresses cost the same.
 *
 * Devices with which, and networks from which, the user has signed in before have separate counts of wrong passwords:
 * wrong passwords of strangers lock out strangers, not the owner.
 */
@Injectable()
export class PasswordProof {
  private readonly log = new Logger(PasswordProof.name);

  constructor(
    private readonly attempts: PasswordAttempts,
    private readonly keys: Keys,
    private readonly clients: StoredKnownClients,
    private readonly passwords: Passwords,
    private readonly users: Users,
  ) {}

  /**
   * Compares before the first statement of a command, because comparing takes long. An outdated hash is replaced if the
   * password is right.
   *
   * @param email in lower case
   * @param ip client address; undefined for a stranger
   * @returns the user and the version of the password; `Users.holdPassword` checks in the transaction whether it is
   *   still current. Undefined if it is wrong or there is no such account
   * @throws Rejection `identity.locked` after too many wrong ones, also for the right password;
   *   `dependency.unavailable`
   */
  async of(email: string, password: string, ip: string | undefined): Promise<StoredPassword | undefined> {
    const outcome = await this.compare(
      email,
      password,
      ip === undefined ? undefined : { ip },
      ({ account }) => this.isOf(account, password),
    );
    return typeof outcome === 'object' ? outcome : undefined;
  }

  /**
   * The same for an anonymous caller. Every failure costs two comparisons, whether the address is known, unknown or
   * pending: with the password of the account, and with that of a registration of the address.
   *
   * @returns `unverified` for the password of an unverified registration, also of a decoy. This neither counts as wrong
   *   nor resets failures: registering an address must not give more guesses at its account
   * @throws Rejection like {@link of}
   */
  async ofAnybody(
    email: string,
    password: string,
    client: Client,
  ): Promise<StoredPassword | 'unverified' | undefined> {
    const outcome = await this.compare(email, password, client, async ({ account, registered }) => {
      const own = await this.isOf(account, password);
      if (own) return own;
      return (await this.passwords.verify(registered, password)) ? 'unverified' : 'wrong';
    });
    return outcome === 'wrong' ? undefined : outcome;
  }

  private async isOf(account: StoredPassword | undefined, password: string) {
    return (await this.passwords.verify(account?.hash, password)) ? account : undefined;
  }

  private async compare(
    email: string,
    password: string,
    client: Client | undefined,
    work: (known: AddressPasswords) => Promise<Outcome | undefined>,
  ): Promise<Outcome> {
    const share = client && (await this.clients.shareOf(email, client));
    const address = share === undefined ? this.addressOf(email) : this.addressOf(email, share);
    await this.begin(address, password);
    let outcome: Outcome;
    try {
      outcome = (await work(await this.users.passwordsOf(email))) ?? 'wrong';
    } catch (error) {
      await this.attempts.withdraw(address);
      throw error;
    }
    // The result is returned only after it was counted: if counting fails, the caller learns nothing.
    if (outcome === 'wrong') await this.attempts.wrong(address);
    else if (outcome === 'unverified') await this.attempts.withdraw(address);
    else {
      await this.attempts.right(address);
      if (this.passwords.outdated(outcome.hash)) await this.renew(outcome, password);
    }
    return outcome;
  }

  /** Removes the locks of an address, in the current transaction, after its owner has authenticated in another way. */
  async forgive(email: string): Promise<void> {
    const shares = await this.clients.sharesOf(email);
    await this.attempts.forgive([
      this.addressOf(email),
      ...shares.map((each) => this.addressOf(email, each)),
    ]);
  }

  /** A locked address costs a comparison with the dummy hash too, unless too many are waiting. */
  private async begin(address: Buffer, password: string): Promise<void> {
    try {
      await this.attempts.begin(address);
    } catch (error) {
      await this.passwords.verify(undefined, password).catch(() => undefined);
      throw error;
    }
  }

  /** The password was right, so a failure here must not prevent the sign-in; the next sign-in tries again. */
  private async renew(stored: StoredPassword, password: string): Promise<void> {
    try {
      await this.users.rehash(stored, await this.passwords.hash(password));
    } catch (error) {
      this.log.warn(`The password of user ${stored.userId} is not rehashed: ${(error as Error).message}`);
    }
  }

  private addressOf(email: string, ...share: [] | [string]): Buffer {
    return this.keys.mac('attempts', 'password', email, ...share);
  }
}
