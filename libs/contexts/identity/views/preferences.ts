import { ApiSchema } from '@nestjs/swagger';
import { Field, Item } from '@rookery/web';
import { LENGTHS, MAX_INTERESTS, TONES } from '../model/preferences';

/** Reading preferences in a request. */
export class PreferencesUpdate {
  @Field.list(Item.text({ max: 20, trim: true }), {
    max: MAX_INTERESTS,
    description: 'Topics without duplicates, not case-sensitive.',
    example: ['space', 'cats'],
  })
  interests: string[];

  @Field.oneOf(TONES, { name: 'Tone', description: 'How stories should feel.', example: 'calm' })
  tone: string;

  @Field.oneOf(LENGTHS, {
    name: 'StoryLength',
    description: 'How long stories should be.',
    example: 'medium',
  })
  length: string;

  @Field.text({ min: 2, max: 35, description: 'Language of the stories, as a BCP 47 tag.', example: 'en' })
  language: string;
}

/** Reading preferences in a response. */
@ApiSchema({ name: 'Preferences' })
export class PreferencesView extends PreferencesUpdate {
  @Field.dateTime({ nullable: true, description: 'When the preferences were last updated; null if never.' })
  updatedAt: Date | null;
}
