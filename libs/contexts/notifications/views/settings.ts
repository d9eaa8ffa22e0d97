import { ApiSchema } from '@nestjs/swagger';
import { Field } from '@rookery/web';
import {
  type Channels,
  type KindName,
  KIND_NAMES,
  KINDS,
  MAIL_MODES,
  type MailMode,
  mailModesOf,
  OWN_MAIL_MODES,
} from '../model/kinds';
import { DIGESTS, type Settings } from '../model/settings';

const TIME = {
  max: 5,
  pattern: /^([01]\d|2[0-3]):[0-5]\d$/,
  patternRule: 'must be a time of day such as 22:00',
};

/** Times of day between which nothing is sent that makes a sound. */
@ApiSchema({ name: 'QuietHours' })
export class QuietHoursView {
  @Field.text({ ...TIME, description: 'When they begin.', example: '22:00' })
  from: string;

  @Field.text({
    ...TIME,
    description: 'When they end; on the next day if that is earlier.',
    example: '07:00',
  })
  to: string;
}

/** Where you want to be told of one kind of notification, besides a mail that you have asked for. */
@ApiSchema({ name: 'NotificationChannelsWithoutMail' })
export class ChannelsWithoutMailView implements Channels {
  @Field.boolean({ description: 'In your inbox.', example: true })
  inApp: boolean;

  @Field.boolean({ description: 'On the devices that you have subscribed.', example: true })
  push: boolean;

  @Field.boolean({ description: 'By your webhooks.', example: true })
  webhook: boolean;
}

/** Where you want to be told of one kind of notification. */
@ApiSchema({ name: 'NotificationChannels' })
export class ChannelsView extends ChannelsWithoutMailView {
  @Field.oneOf(MAIL_MODES, {
    name: 'NotificationMail',
    description: 'By mail: not at all, in a digest with others, or at once.',
    example: 'digest',
  })
  mail: MailMode;
}

/** Where you want to be told of one kind of notification, of which there are mails of their own. */
@ApiSchema({ name: 'NotificationChannelsWithOwnMail' })
export class ChannelsWithOwnMailView extends ChannelsWithoutMailView {
  @Field.oneOf(OWN_MAIL_MODES, {
    name: 'NotificationOwnMail',
    description: 'By mail: not at all, or at once.',
    example: 'immediate',
  })
  mail: MailMode;
}

/** The class of what can be chosen for a kind. */
function channelsClass(kind: KindName): new () => Channels {
  const modes = mailModesOf(kind);
  if (modes.length === 0) return ChannelsWithoutMailView;
  return modes === OWN_MAIL_MODES ? ChannelsWithOwnMailView : ChannelsView;
}

/** Channels by kind. */
@ApiSchema({ name: 'NotificationKinds' })
export class KindsView {}

for (const kind of KIND_NAMES) {
  const description = `${KINDS[kind].about} Defaults if it is left out.`;
  Field.object(() => channelsClass(kind), {
    optional: true,
    description,
  })(KindsView.prototype, kind);
}

/** What somebody wants to be told, and when. */
@ApiSchema({ name: 'NotificationSettings' })
export class SettingsView implements Settings {
  @Field.object(() => QuietHoursView, {
    nullable: true,
    description:
      'When push messages and single mails wait, in the time zone of your preferences. Null for never.',
  })
  quietHours: QuietHoursView | null;

  @Field.oneOf(DIGESTS, {
    name: 'NotificationDigest',
    description:
      'How often digests are sent: at 08:00 in the time zone of your preferences, weekly ones on Mondays.',
    example: 'daily',
  })
  digest: Settings['digest'];

  @Field.object(() => KindsView, { description: 'Where you want to be told of each kind.' })
  kinds: Partial<Record<KindName, Channels>>;
}
