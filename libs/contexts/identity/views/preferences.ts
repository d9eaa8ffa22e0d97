import { ApiSchema } from '@nestjs/swagger';
import { Field, Item } from '@rookery/web';
import { LENGTHS, MAX_INTERESTS, TONES } from '../model/preferences';

const TIME_ZONE = {
  max: 64,
  description: 'Your time zone, as a name of the IANA time zone database. Reminders and reports use it.',
  example: 'Europe/Berlin',
};

class ReadingPreferences {
  @Field.list(Item.text({ max: 20, trim: true }), {
    max: MAX_INTERESTS,
    description: 'Topics without duplicates, not case-sensitive.',
    example: ['space', 'cats'],
  })
  interests: string[];

  @Field.oneOf(TONES, { name: 'Tone', description: 'Mood of stories.', example: 'calm' })
  tone: string;

  @Field.oneOf(LENGTHS, {
    name: 'StoryLength',
    description: 'Length of stories.',
    example: 'medium',
  })
  length: string;

  @Field.text({ min: 2, max: 35, description: 'Language of the stories, as a BCP 47 tag.', example: 'en' })
  language: string;
}

/** Preferences in a request. */
export class PreferencesUpdate extends ReadingPreferences {
  @Field.text({
    ...TIME_ZONE,
    description: `${TIME_ZONE.description} If omitted, it does not change.`,
    optional: true,
  })
  timeZone?: string;
}

/** Preferences in a response. */
@ApiSchema({ name: 'Preferences' })
export class PreferencesView extends ReadingPreferences {
  @Field.text(TIME_ZONE)
  timeZone: string;

  @Field.dateTime({ nullable: true, description: 'When the preferences were last updated; null if never.' })
  updatedAt: Date | null;
}
