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
  'There is no such subscriber.',
  'docs/map.md lists the subscribers and their queues.',
  'Unknown subscriber',
  { path: 'subscriber', rule: Rules.oneOf, params: {} },
);

/** The subscriber would never get an event of this type. */
export const TypeNotHandled = defineRejection(
  'operations.type-not-handled',
  'invalid',
  'The subscriber does not handle events of this type.',
  'docs/map.md lists the events of each subscriber.',
  'Type of event is not handled',
  { path: 'type', rule: Rules.oneOf, params: {} },
);

/** A period without an instant. */
export const PeriodEmpty = defineRejection(
  'operations.period-empty',
  'invalid',
  'The end of the period must be after its start.',
  'Send a later `until`, or an earlier `since`.',
  'Period is empty',
  { path: 'until', rule: Rules.range, params: {} },
);
