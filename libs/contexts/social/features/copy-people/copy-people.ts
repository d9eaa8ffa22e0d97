import type { EventEnvelope } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import {
  RegistrationCancelled,
  UserDeleted,
  UserErased,
  UserRegistered,
  UserRenamed,
  UserVerified,
} from '../../../identity/contract';
import { People } from '../../storage/people';

const CHANGES = [RegistrationCancelled, UserDeleted, UserErased, UserRegistered, UserRenamed, UserVerified];

/** Follows what identity says of people. It asks what holds now, so neither order nor repetition matters. */
@Subscriber(CHANGES, { queue: Queues.projections })
export class CopyPeople implements Handles<(typeof CHANGES)[number]> {
  constructor(private readonly people: People) {}

  async handle({ subject }: EventEnvelope): Promise<void> {
    await this.people.copy([subject]);
  }
}
