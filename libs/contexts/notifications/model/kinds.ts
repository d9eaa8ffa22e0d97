/** How a mail about a notification is sent: at once, with others of the day or week, or not. */
export const MAIL_MODES = ['off', 'digest', 'immediate'] as const;
export type MailMode = (typeof MAIL_MODES)[number];
/** The same for what another context mails itself: nothing of it is in a digest. */
export const OWN_MAIL_MODES = ['off', 'immediate'] as const satisfies readonly MailMode[];

/** Where somebody wants to be told of one kind of notification. */
export interface Channels {
  inApp: boolean;
  /** Missing where there is nothing to choose: the mail is what its reader has asked for, or there is none. */
  mail?: MailMode;
  push: boolean;
  webhook: boolean;
}

/** What notifications lead to. `user` is their reader: what happened is about themselves. */
export type TargetType = 'user' | 'post' | 'story' | 'tale' | 'workspace' | 'todo';

/** What is known about a kind of notification. */
export interface Kind {
  /** A sentence for the API description. */
  readonly about: string;
  readonly target: TargetType;
  /** Whether it is shown to who may not see its target any more, without what the target is called. */
  readonly survives?: boolean;
  /** Whether those of one hour about one thing are one notification. */
  readonly grouped: boolean;
  /** Whether the context where it happened mails it itself: then notifications do not, and nobody is mailed twice. */
  readonly ownMail?: boolean;
  /** The channels of those who have not chosen. */
  readonly defaults: Channels;
}

const QUIET = { inApp: true, mail: 'off', push: true, webhook: false } as const;
const DIGEST = { ...QUIET, mail: 'digest' } as const;
const ASKED_FOR = { inApp: true, push: true, webhook: false } as const;
const REMINDER = { ...ASKED_FOR, mail: 'immediate' } as const;

/** Every kind of notification, by its name. */
export const KINDS = {
  follow: { about: 'Somebody follows you.', target: 'user', grouped: true, defaults: DIGEST },
  like: { about: 'Somebody likes a post of yours.', target: 'post', grouped: true, defaults: QUIET },
  comment: {
    about: 'Somebody commented on a post of yours.',
    target: 'post',
    grouped: false,
    defaults: DIGEST,
  },
  storyReaction: {
    about: 'Somebody reacted to a story of yours.',
    target: 'story',
    grouped: true,
    defaults: QUIET,
  },
  storyReply: {
    about: 'Somebody replied to a story of yours.',
    target: 'story',
    grouped: true,
    defaults: QUIET,
  },
  taleReady: {
    about: 'A tale that you requested is ready.',
    target: 'tale',
    grouped: false,
    ownMail: true,
    defaults: ASKED_FOR,
  },
  taleFailed: {
    about: 'A tale that you requested could not be written.',
    target: 'tale',
    grouped: false,
    defaults: QUIET,
  },
  workspaceInvite: {
    about: 'Somebody invited you into a workspace.',
    target: 'workspace',
    grouped: false,
    ownMail: true,
    defaults: ASKED_FOR,
  },
  workspaceAdded: {
    about: 'Somebody added you to a workspace.',
    target: 'workspace',
    grouped: true,
    defaults: DIGEST,
  },
  workspaceRemoved: {
    about: 'Somebody removed you from a workspace.',
    target: 'workspace',
    survives: true,
    grouped: true,
    defaults: DIGEST,
  },
  workspaceRole: {
    about: 'Your role in a workspace was changed.',
    target: 'workspace',
    grouped: false,
    defaults: QUIET,
  },
  todoAssigned: {
    about: 'Somebody assigned a todo to you.',
    target: 'todo',
    grouped: true,
    defaults: DIGEST,
  },
  todosAssigned: {
    about: 'Somebody assigned more todos to you than you are told of one by one.',
    target: 'workspace',
    grouped: true,
    defaults: DIGEST,
  },
  todoMention: {
    about: 'Somebody mentioned you in a comment on a todo.',
    target: 'todo',
    grouped: false,
    defaults: DIGEST,
  },
  todoDueSoon: {
    about: 'A todo of yours is due within a day.',
    target: 'todo',
    grouped: false,
    ownMail: true,
    defaults: REMINDER,
  },
  todoOverdue: {
    about: 'A todo of yours is overdue.',
    target: 'todo',
    grouped: false,
    ownMail: true,
    defaults: REMINDER,
  },
  todosDue: {
    about: 'More todos of yours are due or overdue than you are told of one by one.',
    target: 'workspace',
    grouped: true,
    defaults: ASKED_FOR,
  },
  weeklyReport: {
    about: 'The report of your week is there.',
    target: 'user',
    grouped: false,
    ownMail: true,
    defaults: { ...REMINDER, push: false },
  },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as [KindName, ...KindName[]];

/** @returns what is known about a kind; undefined for one of a newer release that this process does not know */
export function kindOf(name: string): Kind | undefined {
  return Object.hasOwn(KINDS, name) ? KINDS[name as KindName] : undefined;
}

/** @returns the ways to be mailed about a kind that can be chosen */
export function mailModesOf(kind: KindName): readonly MailMode[] {
  const { defaults, ownMail }: Kind = KINDS[kind];
  if (!defaults.mail) return [];
  return ownMail ? OWN_MAIL_MODES : MAIL_MODES;
}

/** Milliseconds after the first for which what is grouped joins it. */
export const GROUP_MS = 3_600_000;
