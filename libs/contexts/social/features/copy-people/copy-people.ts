import type { EventEnvelope, RaisedEvent } from '@rookery/domain';
import { type Handles, Queues, type Rebuildable, Subscriber } from '@rookery/messaging';
import {
  Accounts,
  RegistrationCancelled,
  UserDeleted,
  UserErased,
  UserRegistered,
  UserRenamed,
  UserVerified,
} from '../../../identity/contract';
import { People } from '../../storage/people';

const CHANGES = [RegistrationCancelled, UserDeleted, UserErased, UserRegistered, UserRenamed, UserVerified];
const PAGE = 100;

/** Follows what identity says of people. It asks what holds now, so neither order nor repetition matters. */
@Subscriber('social.copy-people', CHANGES, { queue: Queues.projections })
export class CopyPeople implements Handles<(typeof CHANGES)[number]>, Rebuildable {
  constructor(
    private readonly accounts: Accounts,
    private readonly people: People,
  ) {}

  async handle({ subject }: EventEnvelope): Promise<void> {
    await this.people.copy([subject]);
  }

  sweep(after: string | null, limit: number): Promise<string | null> {
    return this.people.sweep(after, limit);
  }

  async *replay(): AsyncIterable<readonly RaisedEvent[]> {
    let after: string | null = null;
    for (;;) {
      const accounts = await this.accounts.page(after, PAGE);
      if (accounts.length === 0) return;
      yield accounts.map(({ id, version }) => ({
        definition: UserVerified,
        subject: id,
        sequence: version,
        data: {},
      }));
      after = accounts.at(-1)!.id;
    }
  }
}
