import { defineRatePolicy } from '@rookery/web';

/** How often tales may be requested. */
export const talesCreate = defineRatePolicy('tales-create', {
  quota: '10/60',
  per: ['account'],
  doc: 'Requesting and retrying tales, per account.',
});
