import { ApiSchema } from '@nestjs/swagger';
import { Field } from '@rookery/web';

/** A user as part of other resources, such as the author of a post. */
@ApiSchema({ name: 'UserSummary' })
export class UserSummary {
  @Field.uuid({ description: 'Id of the user.' })
  id: string;

  @Field.text({ max: 30, description: 'Unique name.', example: 'ada' })
  username: string;

  @Field.text({ max: 100, description: 'Display name.', example: 'Ada Lovelace' })
  name: string;
}
