import type { AccessRows } from '@rookery/testing/access';
import { forWriters, sharedWorkspace } from '../../../workspaces/testing';

export const access: AccessRows = { createTodo: { ...forWriters, given: sharedWorkspace } };
