import { defineRejection } from '@rookery/domain';

/** The code is older than this context, and is kept because clients use it. */
export const ExportExpired = defineRejection(
  'identity.export-expired',
  'gone',
  'This export is no longer available.',
  'Request a new one with POST /v1/me/exports.',
  'This export has expired',
);
