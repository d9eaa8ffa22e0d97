import { defineRejection, Rules } from '@rookery/domain';

export const LastOwner = defineRejection(
  'workspaces.last-owner',
  'invalid',
  'A workspace must have at least one owner, and this is the last one.',
  'Make another member an owner first, or delete the workspace.',
  'Last owner of the workspace',
);

export const PersonalWorkspace = defineRejection(
  'workspaces.personal',
  'invalid',
  'A personal workspace belongs to one user. It cannot be shared, left or deleted.',
  'Create another workspace with POST /v1/workspaces.',
  'This workspace is personal',
);

export const AlreadyMember = defineRejection(
  'workspaces.already-member',
  'conflict',
  'The user is already a member of this workspace.',
  'Change their role with PATCH /v1/workspaces/{id}/members/{userId}.',
  'Already a member',
);

export const InviteNeeded = defineRejection(
  'workspaces.invite-needed',
  'invalid',
  'The user has left this workspace, and can return only by accepting an invite.',
  'Invite the user with POST /v1/workspaces/{id}/invites.',
  'Invite required',
  { path: 'userId', rule: Rules.custom, params: { rule: 'has-left' } },
);

export const TooManyMembers = defineRejection(
  'workspaces.too-many-members',
  'conflict',
  'The workspace has reached the maximum number of members.',
  'Remove members who no longer need access.',
  'Too many members',
);

export const TooManyWorkspaces = defineRejection(
  'workspaces.too-many',
  'conflict',
  'You have created the maximum number of workspaces.',
  'Delete a workspace that you no longer need.',
  'Too many workspaces',
);

export const TagTaken = defineRejection(
  'workspaces.tag-taken',
  'conflict',
  'The workspace already has a tag with this name, not case-sensitive.',
  'Use the existing tag, or choose another name.',
  'Tag already exists',
  { path: 'name', rule: Rules.taken, params: {} },
);

export const TooManyTags = defineRejection(
  'workspaces.too-many-tags',
  'conflict',
  'The workspace has reached the maximum number of tags.',
  'Delete tags that are no longer used.',
  'Too many tags',
);

export const InviteClosed = defineRejection(
  'workspaces.invite-closed',
  'gone',
  'This invite was used, revoked or replaced, or it has expired.',
  'Ask an owner of the workspace for a new invite.',
  'This invite is no longer valid',
);

export const TooManyInvites = defineRejection(
  'workspaces.too-many-invites',
  'conflict',
  'The workspace has too many open invites, or you have sent too many today.',
  'Revoke invites that nobody accepts with DELETE /v1/workspaces/{id}/invites/{inviteId}, or wait a day.',
  'Too many invites',
);
