import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

const OfWorkspace = z.object({ workspaceId: z.uuid() });

/** An invite was accepted; whoever was not a member yet is one now, with an event of its own. */
export const InviteAccepted = defineEvent('workspaces.invite-accepted', 1, OfWorkspace);
