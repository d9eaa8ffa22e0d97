import { Forbidden, Rejection } from '@rookery/domain';

/** A user who wants to change a post or comment. */
export interface Actor {
  readonly userId: string;
  readonly permissions: ReadonlySet<string>;
}

/** Permissions that replace being the author. */
export const ManageAny = {
  updatePosts: 'posts:update:any',
  deletePosts: 'posts:delete:any',
  updateComments: 'comments:update:any',
  deleteComments: 'comments:delete:any',
} as const;

export type ManageAnyPermission = (typeof ManageAny)[keyof typeof ManageAny];

/**
 * Checks that the actor is the author or has the permission.
 *
 * @param permission that replaces being the author
 * @throws Rejection `auth.forbidden`
 */
export function verifyActor(actor: Actor, authorId: string, permission: ManageAnyPermission): void {
  if (actor.userId !== authorId && !actor.permissions.has(permission)) throw new Rejection(Forbidden);
}
