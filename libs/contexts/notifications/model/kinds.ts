/** How a notification is mailed: not at all, in a daily or weekly digest, or immediately. */
export const MAIL_MODES = ['off', 'digest', 'immediate'] as const;
export type MailMode = (typeof MAIL_MODES)[number];
/** The same for kinds that another context mails itself. Digests cannot be chosen for them. */
export const OWN_MAIL_MODES = ['off', 'immediate'] as const satisfies readonly MailMode[];

/** The channels of a user for one kind of notification. */
export interface Channels {
  inApp: boolean;
  /** Missing if there is nothing to choose: the user has requested the mail, or there is none. */
  mail?: MailMode;
  push: boolean;
  webhook: boolean;
}

/** What a notification is about. `user` is the recipient: it is about themselves. */
export type TargetType = 'user' | 'post' | 'story' | 'tale' | 'workspace' | 'todo';

/** Definition of a kind of notification. */
export interface Kind {
  /** A sentence for the API description. */
  readonly about: string;
  readonly target: TargetType;
  /** Whether it is still shown, without the name of the target, to users who can no longer see the target. */
  readonly survives?: boolean;
  /** Whether events about the same target within an hour are combined in one notification. */
  readonly grouped: boolean;
  /** Whether the context of the event mails it itself. Then notifications does not, so that nobody gets two mails. */
  readonly ownMail?: boolean;
  /** The channels of users who have not chosen any. */
  readonly defaults: Channels;
}

const QUIET = { inApp: true, mail: 'off', push: true, webhook: false } as const;
const DIGEST = { ...QUIET, mail: 'digest' } as const;
const ASKED_FOR = { inApp: true, push: true, webhook: false } as const;
const REMINDER = { ...ASKED_FOR, mail: 'immediate' } as const;

/** Every kind of notification, by its name. */
export const KINDS = {
  follow: { about: 'Somebody started following you.', target: 'user', grouped: true, defaults: DIGEST },
  like: { about: 'Somebody liked one of your posts.', target: 'post', grouped: true, defaults: QUIET },
  comment: {
    about: 'Somebody commented on one of your posts.',
    target: 'post',
    grouped: false,
    defaults: DIGEST,
  },
  storyReaction: {
    about: 'Somebody reacted to one of your stories.',
    target: 'story',
    grouped: true,
    defaults: QUIET,
  },
  storyReply: {
    about: 'Somebody replied to one of your stories.',
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
    about: 'Somebody invited you to a workspace.',
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
    about:
      'Somebody assigned many todos of a workspace to you within an hour. This notification combines further ones.',
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
    about: 'One of your todos is due within a day.',
    target: 'todo',
    grouped: false,
    ownMail: true,
    defaults: REMINDER,
  },
  todoOverdue: {
    about: 'One of your todos is overdue.',
    target: 'todo',
    grouped: false,
    ownMail: true,
    defaults: REMINDER,
  },
  todosDue: {
    about: 'Many of your todos in a workspace are due or overdue. This notification combines further ones.',
    target: 'workspace',
    grouped: true,
    defaults: ASKED_FOR,
  },
  weeklyReport: {
    about: 'Your weekly report is ready.',
    target: 'user',
    grouped: false,
    ownMail: true,
    defaults: { ...REMINDER, push: false },
  },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as [KindName, ...KindName[]];

/** @returns the definition of a kind; undefined for a kind of a newer release, which this process does not know */
export function kindOf(name: string): Kind | undefined {
  return Object.hasOwn(KINDS, name) ? KINDS[name as KindName] : undefined;
}

/** @returns the mail modes that can be chosen for a kind */
export function mailModesOf(kind: KindName): readonly MailMode[] {
  const { defaults, ownMail }: Kind = KINDS[kind];
  if (!defaults.mail) return [];
  return ownMail ? OWN_MAIL_MODES : MAIL_MODES;
}

/** Milliseconds during which later events are added to a grouped notification. */
export const GROUP_MS = 3_600_000;
