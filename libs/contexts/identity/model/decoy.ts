import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { RegistrationRepeated } from '../contract';

export interface DecoyState extends AggregateState {
  email: string;
  username: string;
  userId: string;
  expiresAt: Date;
  mailedAt: Date;
}

/** Milliseconds between two mails to the same address. */
const MAIL_PAUSE_MS = 60_000;

/**
 * A registration with an address that has an account. It holds its username and gets a code that fits nothing, just
 * as a real one does: otherwise registering the username again would tell whether the address was known.
 */
export class Decoy extends Aggregate<DecoyState> {
  static create(email: string, username: string, userId: string, now: Date, expiresAt: Date): Decoy {
    const decoy = new Decoy({ id: newId(), version: 0, email, username, userId, expiresAt, mailedAt: now });
    decoy.raise(RegistrationRepeated, {});
    return decoy;
  }

  /** Whether the last mail is long enough ago for another. */
  mayBeMailed(now: Date): boolean {
    return now.getTime() - this.state.mailedAt.getTime() >= MAIL_PAUSE_MS;
  }

  /** Holds another username from now on, as a pending account would, and tells the owner of the account once more. */
  registerAgain(username: string, now: Date, expiresAt: Date): void {
    Object.assign(this.state, { username, expiresAt });
    this.repeat(now);
  }

  /** Tells the owner of the account once more. */
  repeat(now: Date): void {
    this.state.mailedAt = now;
    this.raise(RegistrationRepeated, {});
  }
}
