import { Injectable } from '@nestjs/common';
import { FieldError, Rejection } from '@rookery/domain';
import { Avatars, type AvatarUrls } from '../../identity/contract';
import { MediaLibrary } from '../contract';
import { MediaNotUsable, UsableMedia } from '../model/rejections';

/** The same rejection, for the field `avatarMediaKey`. */
const notUsable = () =>
  new Rejection(MediaNotUsable, {
    errors: [FieldError.of(UsableMedia, 'avatarMediaKey', {}, MediaNotUsable.message)],
  });

/** Avatars, as images of the media library. */
@Injectable()
export class AvatarImages extends Avatars {
  constructor(private readonly library: MediaLibrary) {
    super();
  }

  override async verify(userId: string, mediaKey: string): Promise<void> {
    await this.library.verify(userId, mediaKey, 'image').catch(rethrown);
  }

  override async replace(userId: string, previous: string | null, next: string | null): Promise<void> {
    const use = `avatars:${userId}`;
    if (next !== null) await this.library.attach(userId, next, use).catch(rethrown);
    if (previous !== null) await this.library.detach(previous, use);
  }

  override async urlsOf(mediaKeys: readonly string[]): Promise<Map<string, AvatarUrls>> {
    const found = await this.library.urlsOf(mediaKeys);
    return new Map(
      [...found].flatMap(([key, { small, medium, large }]) =>
        small !== null && medium !== null && large !== null ? [[key, { small, medium, large }] as const] : [],
      ),
    );
  }
}

function rethrown(error: unknown): never {
  throw error instanceof Rejection && error.code === MediaNotUsable.code ? notUsable() : error;
}
