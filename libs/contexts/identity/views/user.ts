import { ApiSchema } from '@nestjs/swagger';
import { Field } from '@rookery/web';
import { UserCounts, UserRelation } from '../contract/profiles';
import { AVATAR_URL, AvatarUrls } from '../contract/avatars';
import { BIO } from '../model/names';

/** A user as seen by another signed-in user. */
@ApiSchema({ name: 'User' })
export class UserView {
  @Field.uuid({ description: 'Id of the user.' })
  id: string;

  @Field.text({ max: 30, description: 'Unique name.', example: 'ada' })
  username: string;

  @Field.text({ max: 100, description: 'Display name.', example: 'Ada Lovelace' })
  name: string;

  @Field.text({ ...BIO, description: 'Text about the user; can be empty.', example: 'Writes programs.' })
  bio: string;

  @Field.object(() => AvatarUrls, AVATAR_URL)
  avatarUrl: AvatarUrls | null;

  @Field.dateTime({ description: 'When the account was registered.' })
  registeredAt: string;

  @Field.integer({
    description:
      'Version of the profile. It changes with the names, the bio and the avatar. The ETag starts with it.',
    example: 3,
  })
  version: number;

  @Field.object(() => UserCounts, {
    description: 'Counts of the user. Updated within moments.',
  })
  counts: UserCounts;

  @Field.object(() => UserRelation, {
    nullable: true,
    description: 'Current relationship between you and the user; null for yourself.',
  })
  relation: UserRelation | null;
}
