import { type AccessRows, ownerOnly } from '@rookery/testing/access';
import { ownWebhook } from '../../testing';

export const access: AccessRows = { rotateWebhookSecret: { ...ownerOnly, given: ownWebhook } };
