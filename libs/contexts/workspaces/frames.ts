import { defineFrame } from '@rookery/realtime';
import { z } from 'zod';
import { ROLES } from './contract';

export const MemberAddedFrame = defineFrame(
  'workspace.member-added',
  z.object({ workspaceId: z.uuid(), userId: z.uuid(), role: z.enum(ROLES) }),
  { summary: 'You or somebody else became a member of one of your workspaces.' },
);

export const MemberRemovedFrame = defineFrame(
  'workspace.member-removed',
  z.object({ workspaceId: z.uuid(), userId: z.uuid() }),
  { summary: 'Somebody else is no longer a member of one of your workspaces.' },
);
