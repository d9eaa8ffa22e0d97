import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

const OfWorkspace = z.object({ workspaceId: z.uuid() });

/** An invite was accepted. If the user was not a member yet, a separate event adds them. */
export const InviteAccepted = defineEvent('workspaces.invite-accepted', 1, OfWorkspace);
