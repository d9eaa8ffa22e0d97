import { ApiSchema } from '@nestjs/swagger';
import { Field, Item } from '@rookery/web';
import { AVATAR_URL, AvatarUrls } from '../contract/avatars';
import { BIO } from '../model/names';
import { SignedInUser } from './signed-in-user';

/** An account as seen by its owner. */
@ApiSchema({ name: 'Account' })
export class AccountView extends SignedInUser {
  @Field.text({ ...BIO, description: 'Text about the user; can be empty.', example: 'Writes programs.' })
  bio: string;

  @Field.object(() => AvatarUrls, AVATAR_URL)
  avatarUrl: AvatarUrls | null;

  @Field.dateTime({ description: 'When the account was registered.' })
  registeredAt: Date;

  @Field.boolean({ description: 'Whether signing in requires a second factor.', example: false })
  mfaEnabled: boolean;

  @Field.integer({ min: 0, description: 'Number of unused recovery codes.', example: 0 })
  recoveryCodesLeft: number;

  @Field.list(Item.text({ max: 50 }), {
    max: 1_000,
    unique: true,
    description:
      'Permissions of the role of the account, sorted. An app can use them to decide what to offer. An API key can have fewer permissions.',
    example: ['posts:update:any'],
  })
  permissions: string[];

  @Field.integer({
    description:
      'Version of the profile. It changes with the names, the bio and the avatar. The ETag starts with it.',
    example: 3,
  })
  version: number;
}
