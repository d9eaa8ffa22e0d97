import { defineContext } from '@rookery/application';
import * as fixtures from './fixtures';
import { MediaLibrary } from './contract';
import { MediaPersonalData } from './personal-data';
import { Library } from './services/library';
import { MediaSettings } from './settings';
import { Bucket } from './storage/bucket';
import { Links } from './storage/objects';
import { uploadSchema, Uploads } from './storage/uploads';

/** Files that users upload: verified, images in three sizes. */
export const media = defineContext('media', __dirname, {
  tags: { Media: 'Upload images, videos and files.' },
  schemas: [uploadSchema],
  providers: [Bucket, Library, Links, MediaSettings, Uploads],
  offers: [{ provide: MediaLibrary, useExisting: Library }],
  personalData: MediaPersonalData,
  fixtures,
});
