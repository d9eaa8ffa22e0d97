import { defineRejection, defineRule } from '@rookery/domain';

export const UsableMedia = defineRule(
  'usable-media',
  'It does not identify an upload of yours that can be used here.',
);

export const MediaNotUsable = defineRejection(
  'media.not-usable',
  'invalid',
  'The media key does not identify an upload of yours that can be used here.',
  'Request an upload with POST /v1/uploads/presigned, send the file with the announced type and size, and use its mediaKey within a day. Some fields accept only images.',
  'Media not usable',
  { path: 'mediaKey', rule: UsableMedia, params: {} },
);

export const MediaUnavailable = defineRejection(
  'media.unavailable',
  'unavailable',
  'The media storage does not respond at the moment.',
  'Try again after the number of seconds in Retry-After. Everything else still works.',
  'Media unavailable',
);

export const TooManyUploads = defineRejection(
  'media.too-many-uploads',
  'conflict',
  'You have reached the maximum number of unused uploads.',
  'Use the uploads that you have requested, or wait. Unused uploads are removed after a day.',
  'Too many uploads',
);

export const QuotaExceeded = defineRejection(
  'media.quota-exceeded',
  'conflict',
  'This upload would exceed your storage limit.',
  'Delete content that uses large uploads, such as attachments and highlighted stories. Expired content is deleted automatically.',
  'Storage limit exceeded',
);
