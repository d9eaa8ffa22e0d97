/** How a mail about a notification is sent: at once, with others of the day or week, or not. */
export const MAIL_MODES = ['off', 'digest', 'immediate'] as const;
export type MailMode = (typeof MAIL_MODES)[number];

/** Where somebody wants to be told of one kind of notification. */
export interface Channels {
  inApp: boolean;
  mail: MailMode;
  push: boolean;
  webhook: boolean;
}

/** What is known about a kind of notification. */
export interface Kind {
  /** A sentence for the API description. */
  readonly about: string;
  /** Whether those of one hour about one thing are one notification. */
  readonly grouped: boolean;
  /** The channels of those who have not chosen. */
  readonly defaults: Channels;
}

const QUIET: Channels = { inApp: true, mail: 'off', push: true, webhook: false };
/** Of what another context mails itself: only at once, and not in digests. */
const MAILED: Channels = { ...QUIET, mail: 'immediate' };

/** Every kind of notification, by its name. */
export const KINDS = {
  follow: {
    about: 'Somebody follows you.',
    grouped: true,
    defaults: { ...QUIET, mail: 'digest' },
  },
  like: {
    about: 'Somebody likes a post of yours.',
    grouped: true,
    defaults: QUIET,
  },
  comment: {
    about: 'Somebody commented on a post of yours.',
    grouped: false,
    defaults: { ...QUIET, mail: 'digest' },
  },
  todoDueSoon: {
    about: 'A todo of yours is due within a day.',
    grouped: false,
    defaults: MAILED,
  },
  todoOverdue: {
    about: 'A todo of yours is overdue.',
    grouped: false,
    defaults: MAILED,
  },
  weeklyReport: {
    about: 'The report of your week.',
    grouped: false,
    defaults: MAILED,
  },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as [KindName, ...KindName[]];

/** Milliseconds after the first for which what is grouped joins it. */
export const GROUP_MS = 3_600_000;
