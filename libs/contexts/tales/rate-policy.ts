import { defineRatePolicy } from '@rookery/web';

/** Rate limit for requests of tales. */
export const talesCreate = defineRatePolicy('tales-create', {
  quota: '10/60',
  per: ['account'],
  doc: 'Requesting and retrying tales, per account.',
});
