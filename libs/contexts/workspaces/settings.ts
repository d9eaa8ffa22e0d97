import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Limits of workspaces. */
export class WorkspaceSettings extends defineSettings('Workspaces', {
  maxMembers: setting('MAX_MEMBERS_PER_WORKSPACE', z.coerce.number().int().min(2).max(10_000), {
    doc: 'Maximum number of members of a workspace, including guests. Further members are refused.',
    default: '500',
  }),
  maxWorkspaces: setting('MAX_WORKSPACES_PER_USER', z.coerce.number().int().min(1).max(10_000), {
    doc: 'Maximum number of workspaces that a user can have created, without deleted ones and the personal one. Further ones are refused.',
    default: '100',
  }),
}) {}
