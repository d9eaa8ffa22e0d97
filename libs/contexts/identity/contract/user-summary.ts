import { ApiSchema } from '@nestjs/swagger';
import { Field } from '@rookery/web';

/** Somebody as other resources show them: the author of a post, the other end of a follow. */
@ApiSchema({ name: 'UserSummary' })
export class UserSummary {
  @Field.uuid({ description: 'Id of the user.' })
  id: string;

  @Field.text({ max: 30, description: 'Unique name.', example: 'ada' })
  username: string;

  @Field.text({ max: 100, description: 'Display name.', example: 'Ada Lovelace' })
  name: string;
}
