import { Field } from '@rookery/web';
import { ROLES } from '../model/user';

/** The user in the response to a sign-in. */
export class SignedInUser {
  @Field.uuid({ description: 'Id of the user.' })
  id: string;

  @Field.email({ description: 'E-mail address.', example: 'ada@example.com' })
  email: string;

  @Field.text({ max: 30, description: 'Unique name.', example: 'ada' })
  username: string;

  @Field.text({ max: 100, description: 'Display name.', example: 'Ada Lovelace' })
  name: string;

  @Field.known(ROLES, { name: 'Role', max: 30, description: 'What the user may do.', example: 'user' })
  role: string;
}
