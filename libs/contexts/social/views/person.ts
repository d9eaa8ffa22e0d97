import { UserSummary } from '../../identity/contract';

/** The author of a post or comment, or the other end of a follow. */
export { UserSummary as PersonView };

/** The author of a row as columns of `social.people author`; {@link withAuthor} makes an object of them. */
export const AUTHOR_COLUMNS = `author.id AS "authorId", author.username AS "authorUsername", author.name AS "authorName"`;

interface AuthorColumns {
  authorId: string;
  authorUsername: string;
  authorName: string;
}

/** A row of a view, with the author as columns. */
export type Authored<View> = Omit<View, 'author'> & AuthorColumns & Record<string, unknown>;

/**
 * @returns the view with its author as an object; PostgreSQL could only return it as JSON, which would have to be
 *   parsed
 */
export function withAuthor<View extends { author: UserSummary }>(row: Authored<View>): View {
  const { authorId: id, authorUsername: username, authorName: name, ...rest } = row;
  return { ...rest, author: { id, username, name } } as unknown as View;
}
