import { Rejection } from '@rookery/domain';
import { type Channels, KIND_NAMES, type KindName, kindOf } from './kinds';
import { QuietHoursEmpty } from './rejections';

/** How often mails with what has happened are sent. */
export const DIGESTS = ['daily', 'weekly'] as const;

/** Times of day, `22:00`, between which nothing is sent that makes a sound. */
export interface QuietHours {
  from: string;
  to: string;
}

/** What somebody wants to be told, and when; times are those of their time zone. */
export interface Settings {
  quietHours: QuietHours | null;
  digest: (typeof DIGESTS)[number];
  /** Kinds that are not there have their defaults. */
  kinds: Partial<Record<KindName, Channels>>;
}

/** The settings of those who have chosen nothing. */
export const DEFAULT_SETTINGS: Settings = { quietHours: null, digest: 'daily', kinds: {} };

/** @returns where somebody wants to be told of a kind; undefined for one of a newer release */
export function channelsOf(settings: Pick<Settings, 'kinds'>, kind: KindName): Channels;
export function channelsOf(settings: Pick<Settings, 'kinds'>, kind: string): Channels | undefined;
export function channelsOf({ kinds }: Pick<Settings, 'kinds'>, kind: string): Channels | undefined {
  return kinds[kind as KindName] ?? kindOf(kind)?.defaults;
}

/** @returns where somebody wants to be told that there is more of a kind: nowhere where they are not told of each */
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

/** @returns whether somebody gets digests: of some kind, at least */
export function wantsDigests(settings: Pick<Settings, 'kinds'>): boolean {
  return KIND_NAMES.some((kind) => channelsOf(settings, kind).mail === 'digest');
}

/** @returns the settings with some mails turned off: those of a kind, or all digests */
export function withoutMail(settings: Settings, what: KindName | 'digest'): Settings {
  const kinds = allChannels(settings);
  for (const kind of KIND_NAMES) {
    if (kinds[kind].mail && (kind === what || (what === 'digest' && kinds[kind].mail === 'digest')))
      kinds[kind] = { ...kinds[kind], mail: 'off' };
  }
  return { ...settings, kinds };
}
