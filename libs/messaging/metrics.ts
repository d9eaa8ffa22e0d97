import { counter, histogram } from '@rookery/observability';

export const deliveriesTotal = counter({
  name: 'rookery_deliveries_total',
  help: 'Deliveries by subscriber and outcome: done, retried, dead, parked.',
  labels: ['subscriber', 'outcome'],
});

export const deliverySeconds = histogram({
  name: 'rookery_delivery_duration_seconds',
  help: 'Time one attempt of a delivery took.',
  labels: ['subscriber'],
});
