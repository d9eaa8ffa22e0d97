import { ApiSchema } from '@nestjs/swagger';
import { Field } from '@rookery/web';
import type { User } from '../model/user';
import { SignedInUser } from './signed-in-user';

/** An account as seen by its owner. */
@ApiSchema({ name: 'Account' })
export class AccountView extends SignedInUser {
  @Field.dateTime({ description: 'When the account was registered.' })
  registeredAt: Date;

  @Field.integer({
    description: 'Version of the profile. It changes with the names. The ETag starts with it.',
    example: 3,
  })
  version: number;
}

/** @returns the owner's view of an account that was just changed. */
export function meOf(user: User): AccountView {
  const { id, email, username, name, role, registeredAt, profileVersion: version } = user.snapshot();
  return { id, email, username, name, role, registeredAt, version };
}
