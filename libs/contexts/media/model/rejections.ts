import { defineRejection, defineRule } from '@rookery/domain';

export const UsableMedia = defineRule('usable-media', 'It names no upload of yours that can be used here.');

export const MediaNotUsable = defineRejection(
  'media.not-usable',
  'invalid',
  'The media key names no upload of yours that can be used here.',
  'Request an upload with POST /v1/uploads/presigned, send the file exactly as announced, and use its mediaKey within a day. Some fields take images only.',
  'Media not usable',
  { path: 'mediaKey', rule: UsableMedia, params: {} },
);

export const MediaUnavailable = defineRejection(
  'media.unavailable',
  'unavailable',
  'The storage of media does not respond at the moment.',
  'Try again after the time in Retry-After. Everything else works meanwhile.',
  'Media unavailable',
);

export const TooManyUploads = defineRejection(
  'media.too-many-uploads',
  'conflict',
  'You have reached the maximum number of uploads that nothing uses.',
  'Use the uploads you have requested, or wait: those that nothing uses are removed after a day.',
  'Too many uploads',
);

export const QuotaExceeded = defineRejection(
  'media.quota-exceeded',
  'conflict',
  'Your uploads would take more room than a user has.',
  'Remove what uses large uploads, such as attachments and highlighted stories. What has ended makes room by itself.',
  'No room for this upload',
);
