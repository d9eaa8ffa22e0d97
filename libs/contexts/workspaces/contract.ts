import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** What a member may do: a guest reads, a member writes, an owner also decides who is in it. */
export const ROLES = ['owner', 'member', 'guest'] as const;
export type Role = (typeof ROLES)[number];

/** A workspace was made; its owner becomes its first member with an event of its own. */
export const WorkspaceCreated = defineEvent(
  'workspaces.workspace-created',
  1,
  z.object({ ownerId: z.uuid(), personal: z.boolean() }),
);

/** Name or description of a workspace were changed. */
export const WorkspaceUpdated = defineEvent('workspaces.workspace-updated', 1, z.object({}));

/** A workspace is gone, with its members, tags and invites, for which no other event is raised. */
export const WorkspaceDeleted = defineEvent(
  'workspaces.workspace-deleted',
  1,
  z.object({ personal: z.boolean() }),
);

/** `userId` is a member of the workspace from now on; the actor is who added them, or they themselves. */
export const MemberAdded = defineEvent(
  'workspaces.member-added',
  1,
  z.object({ workspaceId: z.uuid(), userId: z.uuid(), role: z.enum(ROLES) }),
);

/** A member has another role from now on. */
export const MemberRoleChanged = defineEvent(
  'workspaces.member-role-changed',
  1,
  z.object({ workspaceId: z.uuid(), userId: z.uuid(), role: z.enum(ROLES), previous: z.enum(ROLES) }),
);

/** `userId` is no member any more: they left, were removed, or their account is erased. Not raised with a workspace. */
export const MemberRemoved = defineEvent(
  'workspaces.member-removed',
  1,
  z.object({ workspaceId: z.uuid(), userId: z.uuid(), reason: z.enum(['left', 'removed', 'erased']) }),
);

/** Somebody is invited: a user, or, where `userId` is null, whoever has the address that the mail goes to. */
export const MemberInvited = defineEvent(
  'workspaces.member-invited',
  1,
  z.object({ workspaceId: z.uuid(), userId: z.uuid().nullable(), role: z.enum(ROLES) }),
);

/**
 * An invite was taken back by an owner, or replaced by a newer one to the same addressee, or its sender may invite nobody any
 * more, or its addressee, named by id, is no member any more.
 */
export const InviteRevoked = defineEvent('workspaces.invite-revoked', 1, z.object({ workspaceId: z.uuid() }));

/** An invite was open for as long as it could be, and nobody accepted it. */
export const InviteExpired = defineEvent('workspaces.invite-expired', 1, z.object({ workspaceId: z.uuid() }));

/** A tag was created; its name can be asked for. */
export const TagCreated = defineEvent('workspaces.tag-created', 1, z.object({ workspaceId: z.uuid() }));

/** A tag is gone: nothing bears it any more. Not raised for the tags of a workspace that is deleted. */
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

/** How the name of a tag is written, as those of posts: so that a list of them can be separated by commas. */
export const TAG_NAME = {
  max: 20,
  pattern: /^[^\s,](?:[^,]*[^\s,])?$/,
  patternRule: 'must not contain commas, nor begin or end with a space',
};

/** Maximum tags of a workspace: all of them fit a menu. */
export const MAX_TAGS = 200;

/** A tag of a workspace, as those show it that bear it. It keeps its name as long as it is there. */
export interface WorkspaceTag {
  id: string;
  name: string;
}

/**
 * Offered to other contexts: who is in which workspace, at the moment of the call. Strangers, former members and
 * workspaces that are gone all look alike.
 */
export abstract class Memberships {
  /** @returns the user's role in the workspace now; null for strangers, former members and workspaces that are gone */
  abstract roleOf(userId: string, workspaceId: string): Promise<Role | null>;
  /**
   * The same for commands: until the current transaction ends the role stays and the workspace is not deleted, so that
   * a removal and a write never cross. Commands of the same member do not wait for each other. Lock before rows of your
   * own; a command that needs several workspaces locks them in the order of their ids.
   */
  abstract lockRole(userId: string, workspaceId: string): Promise<Role | null>;
  /** The same for several users at once, in one statement. @returns the roles of those who are in the workspace */
  abstract lockRoles(userIds: readonly string[], workspaceId: string): Promise<Map<string, Role>>;
  /** @returns all workspaces of a user, in no order */
  abstract workspacesOf(userId: string): Promise<Membership[]>;
  /** @returns ids of the workspaces of some users, by user, in one statement; those who are in none are left out */
  abstract workspacesOfAll(userIds: readonly string[]): Promise<Map<string, Set<string>>>;
  /** @returns the members of a workspace whose accounts are active, in no order; none if it is gone */
  abstract membersOf(workspaceId: string): Promise<WorkspaceMember[]>;
  /**
   * Joins the current transaction, or runs one of its own.
   *
   * @returns the user's personal workspace, which is made now if it has not been yet
   * @throws Rejection `resource.not-found` unless there is an active account
   */
  abstract personalOf(userId: string): Promise<string>;
  /** @returns those of some tags that the workspace has, unordered */
  abstract tagsOf(workspaceId: string, tagIds: readonly string[]): Promise<WorkspaceTag[]>;
  /** The same for commands: until the current transaction ends none of them is deleted. Lock the role first. */
  abstract lockTags(workspaceId: string, tagIds: readonly string[]): Promise<WorkspaceTag[]>;
  /** @returns all tags of a workspace, at most {@link MAX_TAGS}, unordered */
  abstract allTagsOf(workspaceId: string): Promise<WorkspaceTag[]>;
  /**
   * Creates tags in the current transaction; those that are there already, whatever the case, stay as they are. Call it
   * before roles are locked.
   *
   * @param userId who does it
   * @param names as {@link TAG_NAME} says
   * @throws Rejection `resource.not-found`, `auth.forbidden`, `workspaces.too-many-tags`
   */
  abstract createTags(userId: string, workspaceId: string, names: readonly string[]): Promise<void>;
}

/** What a workspace is called. */
export interface WorkspaceHeadline {
  id: string;
  name: string;
}

/** Offered to other contexts: what workspaces are called, for those who may know. */
export abstract class WorkspaceHeadlines {
  /** @returns those of some workspaces that a user is in, or has an open invite into, by id; two statements */
  abstract visibleTo(
    userId: string,
    workspaceIds: readonly string[],
  ): Promise<Map<string, WorkspaceHeadline>>;
  /** @returns the user whom an invite is for; undefined if it is not open, or its address has no active account */
  abstract inviteeOf(inviteId: string): Promise<string | undefined>;
}
