import { Rejection } from '@rookery/domain';
import { type Channels, KIND_NAMES, type KindName, kindOf } from './kinds';
import { QuietHoursEmpty } from './rejections';

/** How often digests are sent. */
export const DIGESTS = ['daily', 'weekly'] as const;

/** Times of day, such as `22:00`, between which push messages and single mails are held back. */
export interface QuietHours {
  from: string;
  to: string;
}

/** Notification settings of a user. Times are in their time zone. */
export interface Settings {
  quietHours: QuietHours | null;
  digest: (typeof DIGESTS)[number];
  /** Missing kinds have their defaults. */
  kinds: Partial<Record<KindName, Channels>>;
}

/** The settings of users who have not chosen any. */
export const DEFAULT_SETTINGS: Settings = { quietHours: null, digest: 'daily', kinds: {} };

/** @returns the channels for a kind; undefined for a kind of a newer release */
export function channelsOf(settings: Pick<Settings, 'kinds'>, kind: KindName): Channels;
export function channelsOf(settings: Pick<Settings, 'kinds'>, kind: string): Channels | undefined;
export function channelsOf({ kinds }: Pick<Settings, 'kinds'>, kind: string): Channels | undefined {
  return kinds[kind as KindName] ?? kindOf(kind)?.defaults;
}

/** @returns the channels for `more`, the combined kind, without those that are off for the single kind */
export function channelsOfMore(
  settings: Pick<Settings, 'kinds'>,
  more: KindName,
  single: KindName,
): Channels {
  const [told, each] = [channelsOf(settings, more), channelsOf(settings, single)];
  return {
    inApp: told.inApp && each.inApp,
    ...(told.mail && { mail: each.mail === 'off' ? 'off' : told.mail }),
    push: told.push && each.push,
    webhook: told.webhook && each.webhook,
  };
}

/** @returns the channels of every kind */
export function allChannels(settings: Pick<Settings, 'kinds'>): Record<KindName, Channels> {
  return Object.fromEntries(KIND_NAMES.map((kind) => [kind, channelsOf(settings, kind)])) as Record<
    KindName,
    Channels
  >;
}

/** @throws Rejection `notifications.quiet-hours-empty` */
export function assertSettings({ quietHours }: Settings): void {
  if (quietHours && quietHours.from === quietHours.to) throw new Rejection(QuietHoursEmpty);
}

/** @returns whether a user gets digests, which is the case if at least one kind is in them */
export function wantsDigests(settings: Pick<Settings, 'kinds'>): boolean {
  return KIND_NAMES.some((kind) => channelsOf(settings, kind).mail === 'digest');
}

/** @returns the settings with the mails of a kind, or all digests, turned off */
export function withoutMail(settings: Settings, what: KindName | 'digest'): Settings {
  const kinds = allChannels(settings);
  for (const kind of KIND_NAMES) {
    if (kinds[kind].mail && (kind === what || (what === 'digest' && kinds[kind].mail === 'digest')))
      kinds[kind] = { ...kinds[kind], mail: 'off' };
  }
  return { ...settings, kinds };
}
