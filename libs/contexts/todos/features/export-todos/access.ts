import type { AccessRows } from '@rookery/testing/access';
import { forMembers, sharedWorkspace } from '../../../workspaces/testing';

export const access: AccessRows = { exportTodos: { ...forMembers, given: sharedWorkspace } };
