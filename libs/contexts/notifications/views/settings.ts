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

/** Times of day between which push messages and single mails are held back. */
@ApiSchema({ name: 'QuietHours' })
export class QuietHoursView {
  @Field.text({ ...TIME, description: 'When the quiet hours begin.', example: '22:00' })
  from: string;

  @Field.text({
    ...TIME,
    description: 'When the quiet hours end; on the next day if this is earlier than the beginning.',
    example: '07:00',
  })
  to: string;
}

/** Your channels for one kind of notification that has no mail to choose. */
@ApiSchema({ name: 'NotificationChannelsWithoutMail' })
export class ChannelsWithoutMailView implements Channels {
  @Field.boolean({ description: 'In your inbox.', example: true })
  inApp: boolean;

  @Field.boolean({ description: 'On the devices that you have subscribed.', example: true })
  push: boolean;

  @Field.boolean({ description: 'To your webhooks.', example: true })
  webhook: boolean;
}

/** Your channels for one kind of notification. */
@ApiSchema({ name: 'NotificationChannels' })
export class ChannelsView extends ChannelsWithoutMailView {
  @Field.oneOf(MAIL_MODES, {
    name: 'NotificationMail',
    description: 'By mail: not at all, in a digest, or immediately.',
    example: 'digest',
  })
  mail: MailMode;
}

/** Your channels for one kind of notification that is mailed by another context. */
@ApiSchema({ name: 'NotificationChannelsWithOwnMail' })
export class ChannelsWithOwnMailView extends ChannelsWithoutMailView {
  @Field.oneOf(OWN_MAIL_MODES, {
    name: 'NotificationOwnMail',
    description: 'By mail: not at all, or immediately.',
    example: 'immediate',
  })
  mail: MailMode;
}

/** @returns the class with the channels that can be chosen for a kind */
function channelsClass(kind: KindName): new () => Channels {
  const modes = mailModesOf(kind);
  if (modes.length === 0) return ChannelsWithoutMailView;
  return modes === OWN_MAIL_MODES ? ChannelsWithOwnMailView : ChannelsView;
}

/** Channels by kind. */
@ApiSchema({ name: 'NotificationKinds' })
export class KindsView {}

for (const kind of KIND_NAMES) {
  const description = `${KINDS[kind].about} If it is left out, its defaults apply.`;
  Field.object(() => channelsClass(kind), {
    optional: true,
    description,
  })(KindsView.prototype, kind);
}

/** Notification settings of a user. */
@ApiSchema({ name: 'NotificationSettings' })
export class SettingsView implements Settings {
  @Field.object(() => QuietHoursView, {
    nullable: true,
    description:
      'Times of day between which push messages and single mails are held back, in the time zone of your preferences; null for never.',
  })
  quietHours: QuietHoursView | null;

  @Field.oneOf(DIGESTS, {
    name: 'NotificationDigest',
    description:
      'How often digests are sent. They are sent at 08:00 in the time zone of your preferences, weekly ones on Mondays.',
    example: 'daily',
  })
  digest: Settings['digest'];

  @Field.object(() => KindsView, { description: 'Your channels for each kind.' })
  kinds: Partial<Record<KindName, Channels>>;
}
