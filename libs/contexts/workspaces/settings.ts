import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Limits of workspaces. */
export class WorkspaceSettings extends defineSettings('Workspaces', {
  maxMembers: setting('MAX_MEMBERS_PER_WORKSPACE', z.coerce.number().int().min(2).max(10_000), {
    doc: 'Maximum members of a workspace, guests included; one more is refused.',
    default: '500',
  }),
  maxWorkspaces: setting('MAX_WORKSPACES_PER_USER', z.coerce.number().int().min(1).max(10_000), {
    doc: 'Maximum workspaces that one user has created and not deleted, besides the personal one; one more is refused.',
    default: '100',
  }),
}) {}
