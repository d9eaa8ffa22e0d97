import { defineRejection, Rules } from '@rookery/domain';

/** The code is older than this context, and is kept because clients use it. */
export const ExportExpired = defineRejection(
  'identity.export-expired',
  'gone',
  'This export is no longer available.',
  'Request a new one with POST /v1/me/exports.',
  'This export has expired',
);

/** Somebody else has decided about the delivery, or its subscriber handled it in the meantime. */
export const DeliveryNotFailed = defineRejection(
  'operations.delivery-not-failed',
  'conflict',
  'This delivery is not failed any more.',
  'Read the failed deliveries of the queue again.',
  'Delivery is not failed',
);

/** A filter by subscriber that matches nothing is a mistake in a command that changes many deliveries. */
export const SubscriberUnknown = defineRejection(
  'operations.subscriber-unknown',
  'invalid',
  'There is no subscriber with this name on this queue.',
  'docs/map.md lists the subscribers and their queues.',
  'Unknown subscriber',
  { path: 'subscriber', rule: Rules.oneOf, params: {} },
);
