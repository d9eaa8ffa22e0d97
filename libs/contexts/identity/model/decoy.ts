import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { RegistrationRepeated } from '../events';

/** What a decoy was registered with. */
interface Wanted {
  username: string;
  name: string;
  passwordHash: string;
}

export interface DecoyState extends AggregateState, Wanted {
  email: string;
  userId: string;
  expiresAt: Date;
  /** When the newest mail was asked for. */
  mailedAt: Date;
}

/** Milliseconds between two mails to the same address. */
const MAIL_PAUSE_MS = 60_000;

/**
 * A registration with an address that has an account. It holds its username, knows its password and gets a code that
 * fits nothing, just as a real one does: otherwise registering the username again, or signing in, would tell whether
 * the address was known.
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

  /** Whether somebody would register by exactly what the decoy says. */
  isRegisteredAs({ username, name, passwordHash }: Wanted): boolean {
    const { state } = this;
    return state.username === username && state.name === name && state.passwordHash === passwordHash;
  }

  /** Is what was registered last, as a pending account would be, and tells the owner of the account once more. */
  registerAgain({ username, name, passwordHash }: Wanted, now: Date, expiresAt: Date): void {
    Object.assign(this.state, { username, name, passwordHash, expiresAt });
    this.repeat(now);
  }

  /** Tells the owner of the account once more. */
  repeat(now: Date): void {
    this.state.mailedAt = now;
    this.raise(RegistrationRepeated, {});
  }
}
