import { defineRejection } from '@rookery/domain';

/** Its code is older than this context, and stays because clients use it. */
export const ExportExpired = defineRejection(
  'identity.export-expired',
  'gone',
  'This export is no longer available.',
  'Request a new one with POST /v1/me/exports.',
  'This export has expired',
);
