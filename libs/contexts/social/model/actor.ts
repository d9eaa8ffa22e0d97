import { Forbidden, Rejection } from '@rookery/domain';

/** Whoever wants to change something that somebody wrote. */
export interface Actor {
  readonly userId: string;
  readonly permissions: ReadonlySet<string>;
}

/** Permissions that stand in for being the author. */
export const ManageAny = {
  updatePosts: 'posts:update:any',
  deletePosts: 'posts:delete:any',
  updateComments: 'comments:update:any',
  deleteComments: 'comments:delete:any',
} as const;

export type BeyondOwnPermission = (typeof ManageAny)[keyof typeof ManageAny];

/**
 * What somebody wrote is changed by its author, or by whoever may change what anybody wrote.
 *
 * @param permission that stands in for being the author
 * @throws Rejection `auth.forbidden`
 */
export function verifyEditor(actor: Actor, authorId: string, permission: BeyondOwnPermission): void {
  if (actor.userId !== authorId && !actor.permissions.has(permission)) throw new Rejection(Forbidden);
}
