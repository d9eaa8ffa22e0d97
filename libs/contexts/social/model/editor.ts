import { Forbidden, Rejection } from '@rookery/domain';

/** Whoever wants to change something that somebody wrote. */
export interface Editor {
  readonly userId: string;
  readonly permissions: ReadonlySet<string>;
}

/**
 * What somebody wrote is changed by its author, or by whoever may change what anybody wrote.
 *
 * @param permission that stands in for being the author: `posts:update:any`
 * @throws Rejection `auth.forbidden`
 */
export function verifyEditor(editor: Editor, authorId: string, permission: string): void {
  if (editor.userId !== authorId && !editor.permissions.has(permission)) throw new Rejection(Forbidden);
}
