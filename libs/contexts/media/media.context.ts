import { defineContext } from '@rookery/application';
import * as fixtures from './fixtures';
import { Avatars } from '../identity/contract';
import { MediaLibrary } from './contract';
import { MediaPersonalData } from './personal-data';
import { AvatarImages } from './services/avatar-images';
import { Library } from './services/library';
import { MediaSettings } from './settings';
import { Bucket } from './storage/bucket';
import { Links } from './storage/objects';
import { uploadSchema, Uploads } from './storage/uploads';

/** Files that users upload. Verifies them and creates three sizes of images. */
export const media = defineContext('media', __dirname, {
  tags: { Media: 'Upload images, videos and files.' },
  requires: ['identity'],
  schemas: [uploadSchema],
  providers: [Bucket, Library, Links, MediaSettings, Uploads],
  offers: [
    { provide: Avatars, useClass: AvatarImages },
    { provide: MediaLibrary, useExisting: Library },
  ],
  personalData: MediaPersonalData,
  fixtures,
});
