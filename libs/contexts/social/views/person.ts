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

/** The author of a row as columns of `social.people author`; {@link withAuthor} makes an object of them. */
export const AUTHOR_COLUMNS = `author.id AS "authorId", author.username AS "authorUsername", author.name AS "authorName"`;

interface AuthorColumns {
  authorId: string;
  authorUsername: string;
  authorName: string;
}

/** What is read of a view in one row, with the author as columns. */
export type Authored<View> = Omit<View, 'author'> & AuthorColumns & Record<string, unknown>;

/** @returns the view with its author as an object; PostgreSQL would make JSON of one, only to have it parsed again */
export function withAuthor<View extends { author: PersonView }>(row: Authored<View>): View {
  const { authorId: id, authorUsername: username, authorName: name, ...rest } = row;
  return { ...rest, author: { id, username, name } } as unknown as View;
}
