import { Field } from '@rookery/web';

/** Who has signed in, as the answer to it says. */
export class SignedInUser {
  @Field.uuid({ description: 'Id of the user.' })
  id: string;

  @Field.email({ description: 'E-mail address.', example: 'ada@example.com' })
  email: string;

  @Field.text({ max: 30, description: 'Unique name.', example: 'ada' })
  username: string;

  @Field.text({ max: 100, description: 'Name as others see it.', example: 'Ada Lovelace' })
  name: string;

  @Field.text({ max: 30, description: 'What the user may do: user, moderator, admin.', example: 'user' })
  role: string;
}
