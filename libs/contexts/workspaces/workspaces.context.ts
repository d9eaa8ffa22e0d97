import { defineContext } from '@rookery/application';
import { Memberships, WorkspaceHeadlines } from './contract';
import * as fixtures from './fixtures';
import { WorkspacesPersonalData } from './personal-data';
import { PersonalWorkspaces } from './services/personal-workspaces';
import { SeedWorkspaces } from './seed';
import { WorkspaceSettings } from './settings';
import { Members, memberSchema } from './storage/members';
import { StoredMemberships } from './services/memberships';
import { StoredWorkspaceHeadlines } from './services/workspace-headlines';
import { People } from './storage/people';
import { PersonalBackfill } from './storage/personal-backfill';
import { Workspaces, workspaceSchema } from './storage/workspaces';
import { InviteSecrets } from './services/invite-secrets';
import { Invitations } from './services/invitations';
import { Invites, inviteSchema } from './storage/invites';
import { InviteViews } from './views/invite';
import { Tags, tagSchema } from './storage/tags';
import { TagViews } from './views/tag';
import { MemberViews } from './views/member';
import { WorkspaceViews } from './views/workspace';

/** Workspaces and who is in them. */
export const workspaces = defineContext('workspaces', __dirname, {
  tags: {
    Workspaces: 'Workspaces that members share. Every user also has a personal one.',
    'Workspace members': 'Members of a workspace, their roles, and invites.',
    'Workspace tags': 'Tags of a workspace, for its todos.',
  },
  requires: ['identity', 'social'],
  schemas: [inviteSchema, memberSchema, tagSchema, workspaceSchema],
  rootPaths: ['invites'],
  providers: [
    Invitations,
    InviteSecrets,
    Invites,
    InviteViews,
    MemberViews,
    Members,
    People,
    PersonalBackfill,
    PersonalWorkspaces,
    StoredMemberships,
    StoredWorkspaceHeadlines,
    TagViews,
    Tags,
    WorkspaceSettings,
    WorkspaceViews,
    Workspaces,
  ],
  offers: [
    { provide: Memberships, useExisting: StoredMemberships },
    { provide: WorkspaceHeadlines, useExisting: StoredWorkspaceHeadlines },
  ],
  personalData: WorkspacesPersonalData,
  seed: SeedWorkspaces,
  fixtures,
});
