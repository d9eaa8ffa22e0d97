import { type AccessRows, ownerOnly } from '@rookery/testing/access';
import { ownSkippedDelivery } from '../../testing';

export const access: AccessRows = { redeliverWebhook: { ...ownerOnly, given: ownSkippedDelivery } };
