import { ApiSchema } from '@nestjs/swagger';
import { Field } from '@rookery/web';

/** The author of a post or comment, or the other end of a follow. */
@ApiSchema({ name: 'UserSummary' })
export class PersonView {
  @Field.uuid({ description: 'Id of the user.' })
  id: string;

  @Field.text({ max: 30, description: 'Unique name.', example: 'ada' })
  username: string;

  @Field.text({ max: 100, description: 'Display name.', example: 'Ada Lovelace' })
  name: string;
}

/** @returns SQL of a {@link PersonView} from a row of `social.people` */
export function personColumns(alias: string): string {
  return `jsonb_build_object('id', ${alias}.id, 'username', ${alias}.username, 'name', ${alias}.name)`;
}
