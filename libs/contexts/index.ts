import { identity } from './identity/identity.context';
import { media } from './media/media.context';
import { notifications } from './notifications/notifications.context';
import { operations } from './operations/operations.context';
import { social } from './social/social.context';
import { tales } from './tales/tales.context';
import { todos } from './todos/todos.context';
import { webhooks } from './webhooks/webhooks.context';
import { workspaces } from './workspaces/workspaces.context';

/** The bounded contexts of Rookery. */
export const contexts = [identity, media, notifications, operations, social, tales, workspaces, todos, webhooks];
