import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { RegistrationRepeated } from '../events';

/** Data of the decoy's registration. */
interface Wanted {
  username: string;
  name: string;
  passwordHash: string;
}

export interface DecoyState extends AggregateState, Wanted {
  email: string;
  userId: string;
  expiresAt: Date;
  /** When the newest mail was requested. */
  mailedAt: Date;
}

/** Milliseconds between two mails to the same address. */
const MAIL_PAUSE_MS = 60_000;

/**
 * A registration with an address that has an account. It holds the username, stores the password's hash, and no code
 * matches it: otherwise registering the username again, or signing in, would reveal whether the address is known.
 */
export class Decoy extends Aggregate<DecoyState> {
  static create(email: string, wanted: Wanted, userId: string, now: Date, expiresAt: Date): Decoy {
    const { username, name, passwordHash } = wanted;
    const state = { email, username, name, passwordHash, userId, expiresAt, mailedAt: now };
    const decoy = new Decoy({ id: newId(), version: 0, ...state });
    decoy.raise(RegistrationRepeated, {});
    return decoy;
  }

  /** Whether the last mail is long enough ago for another. */
  mayBeMailed(now: Date): boolean {
    return now.getTime() - this.state.mailedAt.getTime() >= MAIL_PAUSE_MS;
  }

  /** Whether a registration has exactly the data of the decoy. */
  isRegisteredAs({ username, name, passwordHash }: Wanted): boolean {
    const { state } = this;
    return state.username === username && state.name === name && state.passwordHash === passwordHash;
  }

  /**
   * Replaces the data with the newest registration, like a pending account, and notifies the owner of the account
   * again.
   */
  registerAgain({ username, name, passwordHash }: Wanted, now: Date, expiresAt: Date): void {
    Object.assign(this.state, { username, name, passwordHash, expiresAt });
    this.repeat(now);
  }

  /** Notifies the owner of the account again. */
  repeat(now: Date): void {
    this.state.mailedAt = now;
    this.raise(RegistrationRepeated, {});
  }
}
