import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** Roles: a guest can read, a member can also write, an owner can also manage the members. */
export const ROLES = ['owner', 'member', 'guest'] as const;
export type Role = (typeof ROLES)[number];

/** A workspace was created. A separate event adds its owner as the first member. */
export const WorkspaceCreated = defineEvent(
  'workspaces.workspace-created',
  1,
  z.object({ ownerId: z.uuid(), personal: z.boolean() }),
);

/** The name or description of a workspace was changed. */
export const WorkspaceUpdated = defineEvent('workspaces.workspace-updated', 1, z.object({}));

/** A workspace was deleted with its members, tags and invites, for which no other events are raised. */
export const WorkspaceDeleted = defineEvent(
  'workspaces.workspace-deleted',
  1,
  z.object({ personal: z.boolean() }),
);

/** `userId` became a member of the workspace. The actor is the user who added them, or they themselves. */
export const MemberAdded = defineEvent(
  'workspaces.member-added',
  1,
  z.object({ workspaceId: z.uuid(), userId: z.uuid(), role: z.enum(ROLES) }),
);

/** The role of a member was changed. */
export const MemberRoleChanged = defineEvent(
  'workspaces.member-role-changed',
  1,
  z.object({ workspaceId: z.uuid(), userId: z.uuid(), role: z.enum(ROLES), previous: z.enum(ROLES) }),
);

/** `userId` left, was removed, or their account was erased. Not raised when the workspace is deleted. */
export const MemberRemoved = defineEvent(
  'workspaces.member-removed',
  1,
  z.object({ workspaceId: z.uuid(), userId: z.uuid(), reason: z.enum(['left', 'removed', 'erased']) }),
);

/** A user was invited or, if `userId` is null, the owner of the e-mail address of the invite. */
export const MemberInvited = defineEvent(
  'workspaces.member-invited',
  1,
  z.object({ workspaceId: z.uuid(), userId: z.uuid().nullable(), role: z.enum(ROLES) }),
);

/**
 * An invite was revoked by an owner or replaced by a newer one to the same addressee, or its sender can no longer invite,
 * or its addressee, invited by id, was removed from the workspace.
 */
export const InviteRevoked = defineEvent('workspaces.invite-revoked', 1, z.object({ workspaceId: z.uuid() }));

/** An invite expired without being accepted. */
export const InviteExpired = defineEvent('workspaces.invite-expired', 1, z.object({ workspaceId: z.uuid() }));

/** A tag was created. Its name is not in the event and must be read. */
export const TagCreated = defineEvent('workspaces.tag-created', 1, z.object({ workspaceId: z.uuid() }));

/** A tag was deleted, and must be removed from everything that has it. Not raised for the tags of a deleted workspace. */
export const TagDeleted = defineEvent('workspaces.tag-deleted', 1, z.object({ workspaceId: z.uuid() }));

/** A workspace of a user. */
export interface Membership {
  workspaceId: string;
  role: Role;
}

/** A member of a workspace. */
export interface WorkspaceMember {
  userId: string;
  role: Role;
}

/** Format of tag names, the same as for tags of posts. They contain no commas, so that lists can be separated by commas. */
export const TAG_NAME = {
  max: 20,
  pattern: /^[^\s,](?:[^,]*[^\s,])?$/,
  patternRule: 'must not contain commas, and must not begin or end with a space',
};

/** Maximum number of tags of a workspace: all of them fit into a menu. */
export const MAX_TAGS = 200;

/** A tag of a workspace, as shown on what has it. A tag is never renamed. */
export interface WorkspaceTag {
  id: string;
  name: string;
}

/**
 * Offered to other contexts: who is in which workspace, at the moment of the call. The result is the same for users
 * outside the workspace, former members and deleted workspaces.
 */
export abstract class Memberships {
  /** @returns the current role of the user; null for others, former members and deleted workspaces */
  abstract roleOf(userId: string, workspaceId: string): Promise<Role | null>;
  /**
   * The same for commands. Until the current transaction ends, the role cannot change and the workspace cannot be
   * deleted, so that a removal and a write never interleave. Commands of the same member do not wait for each other. Call
   * it before you lock your own rows. A command that needs several workspaces locks them in the order of their ids.
   */
  abstract lockRole(userId: string, workspaceId: string): Promise<Role | null>;
  /** The same for several users in one statement. @returns the roles of the users who are in the workspace */
  abstract lockRoles(userIds: readonly string[], workspaceId: string): Promise<Map<string, Role>>;
  /** @returns all workspaces of a user, unordered */
  abstract workspacesOf(userId: string): Promise<Membership[]>;
  /** @returns ids of workspaces, by user, in one statement; users without a workspace are left out */
  abstract workspacesOfAll(userIds: readonly string[]): Promise<Map<string, Set<string>>>;
  /** @returns the members with active accounts, unordered; empty if the workspace is deleted */
  abstract membersOf(workspaceId: string): Promise<WorkspaceMember[]>;
  /**
   * Joins the current transaction, or starts its own.
   *
   * @returns the personal workspace of the user, which is created if it does not exist yet
   * @throws Rejection `resource.not-found` unless there is an active account
   */
  abstract personalOf(userId: string): Promise<string>;
  /** @returns the given tags that belong to the workspace, unordered */
  abstract tagsOf(workspaceId: string, tagIds: readonly string[]): Promise<WorkspaceTag[]>;
  /** The same for commands. The tags cannot be deleted until the current transaction ends. Lock the role first. */
  abstract lockTags(workspaceId: string, tagIds: readonly string[]): Promise<WorkspaceTag[]>;
  /** @returns all tags of a workspace, at most {@link MAX_TAGS}, unordered */
  abstract allTagsOf(workspaceId: string): Promise<WorkspaceTag[]>;
  /**
   * Creates tags in the current transaction. Existing tags, compared case-insensitively, do not change. Call it before
   * roles are locked.
   *
   * @param userId the user who creates the tags
   * @param names in the format of {@link TAG_NAME}
   * @throws Rejection `resource.not-found`, `auth.forbidden`, `workspaces.too-many-tags`
   */
  abstract createTags(userId: string, workspaceId: string, names: readonly string[]): Promise<void>;
}

/** Name of a workspace. */
export interface WorkspaceHeadline {
  id: string;
  name: string;
}

/** Offered to other contexts: names of workspaces, for users who can see them. */
export abstract class WorkspaceHeadlines {
  /** @returns the given workspaces that a user is in or has an open invite to, by id; two statements */
  abstract visibleTo(
    userId: string,
    workspaceIds: readonly string[],
  ): Promise<Map<string, WorkspaceHeadline>>;
  /** @returns the invited user; undefined if the invite is not open, or its address has no active account */
  abstract inviteeOf(inviteId: string): Promise<string | undefined>;
}
