import type { EventDefinition, EventOf } from '@rookery/domain';
import type { OccurringEvent } from '@rookery/persistence';
import { PreferencesChanged, RoleChanged, SessionRevoked, UserRenamed } from '../identity/contract';
import { NotificationCreated } from '../notifications/contract';
import {
  CommentAdded,
  CommentDeleted,
  CommentUpdated,
  PostCreated,
  PostDeleted,
  type PostHeadlines,
  PostLiked,
  PostUnliked,
  PostUpdated,
  UserBlocked,
  UserFollowed,
  UserUnblocked,
  UserUnfollowed,
} from '../social/contract';
import {
  ReactionRemoved,
  StoryCreated,
  StoryDeleted,
  StoryExpired,
  StoryReacted,
  StoryReplied,
  StoryViewed,
} from '../stories/contract';
import { TaleCancelled, TaleFailed, TaleGenerated, TaleRequested } from '../tales/contract';
import {
  FocusStarted,
  FocusStopped,
  TaskCommitted,
  TodoCommentAdded,
  TodoCommentDeleted,
  TodoCommentUpdated,
  TodoCompleted,
  TodoCreated,
  TodoDeleted,
  TodoDueSoon,
  TodoOverdue,
  TodoRolledOver,
  TodoUpdated,
} from '../todos/contract';
import {
  MemberAdded,
  MemberInvited,
  MemberRemoved,
  MemberRoleChanged,
  type Memberships,
  TagCreated,
  TagDeleted,
  WorkspaceCreated,
  WorkspaceUpdated,
} from '../workspaces/contract';

/** Somebody whom an event concerns. */
export interface Told {
  to: string;
  /** Other users whom it tells something about: it is not sent unless the recipient may see all of them. */
  about: readonly string[];
  /** The workspace that it is about: it is not sent to who is no member any more. */
  workspaceId?: string;
}

const to = (userId: string, ...about: string[]): Told => ({ to: userId, about });

/** What knows whom an event concerns that does not name them. */
export interface Ports {
  headlines: PostHeadlines;
  memberships: Memberships;
}

type Seen<D> = Pick<EventOf<D>, 'data' | 'subject' | 'actorId'>;

interface Offer {
  readonly event: EventDefinition;
  /** From the event alone, so that one that concerns nobody with a webhook costs no delivery. */
  readonly told?: (event: OccurringEvent) => readonly Told[];
  /** By asking: every occurrence is looked at as soon as anybody subscribes to the type. */
  readonly find?: (event: OccurringEvent, ports: Ports) => Promise<readonly Told[]>;
}

function offer<D extends EventDefinition>(event: D, told: (event: Seen<D>) => readonly Told[]): Offer {
  return { event, told: (it) => told(it) };
}

function offerFound<D extends EventDefinition>(
  event: D,
  find: (event: Seen<D>, ports: Ports) => Promise<readonly Told[]>,
): Offer {
  return { event, find: (it, ports) => find(it, ports) };
}

/** Who did something to a post, and its author. */
async function withAuthor(userId: string, postId: string, { headlines }: Ports): Promise<Told[]> {
  const authorId = (await headlines.find([postId])).get(postId)?.authorId;
  return authorId === undefined || authorId === userId ? [to(userId)] : [to(userId), to(authorId, userId)];
}

/** The members of a workspace. A member sees who else is one, blocked or not. */
async function members(workspaceId: string, { memberships }: Ports): Promise<Told[]> {
  return (await memberships.membersOf(workspaceId)).map(({ userId }) => member(userId, workspaceId));
}

function member(userId: string, workspaceId: string): Told {
  return { to: userId, about: [], workspaceId };
}

/**
 * The events that webhooks may receive, and whom each concerns: who did it, and to whom it was done. What is not here is
 * not offered. Whoever adds an event that users should hear of adds a line: never somebody who must not know of it, and
 * in `about` everybody whose ids the event names besides the recipient.
 */
const OFFERS: readonly Offer[] = [
  offer(SessionRevoked, ({ data }) => [to(data.userId)]),
  offer(RoleChanged, ({ subject }) => [to(subject)]),
  offer(UserRenamed, ({ subject }) => [to(subject)]),
  offer(PreferencesChanged, ({ data }) => [to(data.userId)]),
  offer(UserFollowed, ({ data: { userId, otherId } }) => [to(userId, otherId), to(otherId, userId)]),
  // A block ends follows: only those who unfollowed themselves hear of it, or it would tell of the block.
  offer(UserUnfollowed, ({ data: { userId }, actorId }) => (actorId === userId ? [to(userId)] : [])),
  // Never to the other one. The blocker does not see them any more, which must not keep the event back.
  offer(UserBlocked, ({ data }) => [to(data.userId)]),
  offer(UserUnblocked, ({ data }) => [to(data.userId)]),
  offer(PostCreated, ({ data }) => [to(data.authorId)]),
  offer(PostUpdated, ({ data }) => [to(data.authorId)]),
  offer(PostDeleted, ({ data }) => [to(data.authorId)]),
  offerFound(PostLiked, ({ data }, ports) => withAuthor(data.userId, data.postId, ports)),
  offer(PostUnliked, ({ data }) => [to(data.userId)]),
  offerFound(CommentAdded, ({ data }, ports) => withAuthor(data.authorId, data.postId, ports)),
  offer(CommentUpdated, ({ data }) => [to(data.authorId)]),
  offer(CommentDeleted, ({ data }) => [to(data.authorId)]),
  offer(StoryCreated, ({ data }) => [to(data.authorId)]),
  // The author alone: nobody needs to be told what they have looked at.
  offer(StoryViewed, ({ data }) => [to(data.authorId, data.viewerId)]),
  offer(StoryReacted, ({ data: { userId, authorId } }) => [to(authorId, userId), to(userId, authorId)]),
  offer(ReactionRemoved, ({ data: { userId, authorId } }) => [to(authorId, userId), to(userId, authorId)]),
  offer(StoryReplied, ({ data: { userId, authorId } }) => [to(authorId, userId), to(userId, authorId)]),
  offer(StoryExpired, ({ data }) => [to(data.authorId)]),
  offer(StoryDeleted, ({ data }) => [to(data.authorId)]),
  offer(TaleRequested, ({ data }) => [to(data.userId)]),
  offer(TaleGenerated, ({ data }) => [to(data.userId)]),
  offer(TaleFailed, ({ data }) => [to(data.userId)]),
  offer(TaleCancelled, ({ data }) => [to(data.userId)]),
  // Only of those kinds for which its recipient has chosen webhooks.
  offer(NotificationCreated, ({ data }) => (data.channels.includes('webhook') ? [to(data.userId)] : [])),
  offer(WorkspaceCreated, ({ data }) => [to(data.ownerId)]),
  offerFound(WorkspaceUpdated, ({ subject }, ports) => members(subject, ports)),
  offerFound(MemberAdded, ({ data }, ports) => members(data.workspaceId, ports)),
  offerFound(MemberRoleChanged, ({ data }, ports) => members(data.workspaceId, ports)),
  offerFound(MemberRemoved, async ({ data: { workspaceId, userId } }, ports) => [
    ...(await members(workspaceId, ports)),
    to(userId),
  ]),
  offerFound(MemberInvited, async ({ data: { workspaceId, userId } }, ports) => [
    ...(await members(workspaceId, ports)),
    ...(userId === null ? [] : [to(userId)]),
  ]),
  offerFound(TagCreated, ({ data }, ports) => members(data.workspaceId, ports)),
  offerFound(TagDeleted, ({ data }, ports) => members(data.workspaceId, ports)),
  offerFound(TodoCreated, ({ data }, ports) => members(data.workspaceId, ports)),
  offerFound(TodoUpdated, ({ data }, ports) => members(data.workspaceId, ports)),
  offerFound(TodoCompleted, ({ data }, ports) => members(data.workspaceId, ports)),
  offerFound(TodoRolledOver, ({ data }, ports) => members(data.workspaceId, ports)),
  offerFound(TodoDeleted, ({ data }, ports) => members(data.workspaceId, ports)),
  offerFound(TodoCommentAdded, ({ data }, ports) => members(data.workspaceId, ports)),
  offerFound(TodoCommentUpdated, ({ data }, ports) => members(data.workspaceId, ports)),
  offerFound(TodoCommentDeleted, ({ data }, ports) => members(data.workspaceId, ports)),
  offer(TodoDueSoon, ({ data }) => [member(data.userId, data.workspaceId)]),
  offer(TodoOverdue, ({ data }) => [member(data.userId, data.workspaceId)]),
  offer(FocusStarted, ({ data }) => [member(data.userId, data.workspaceId)]),
  offer(FocusStopped, ({ data }) => [member(data.userId, data.workspaceId)]),
  offer(TaskCommitted, ({ data }) => [to(data.userId)]),
];

const byEvent = new Map(OFFERS.map((each) => [`${each.event.type} v${each.event.version}`, each]));

/** Every version of the events that are offered. */
export const OFFERED_EVENTS: readonly EventDefinition[] = OFFERS.map(({ event }) => event);

/** Types of the events that are offered, as webhooks name them. */
export const OFFERED_TYPES: readonly string[] = [...new Set(OFFERED_EVENTS.map(({ type }) => type))].sort();

/** Type of the request that tests a webhook; it is no event, and needs no subscription. */
export const PING = 'webhooks.ping';

/** Durable name of the subscriber that finds the webhooks of an event. */
export const FAN_OUT = 'webhooks.fan-out';

/** @returns whom an event concerns; nobody if it is not offered */
export async function toldOf(event: OccurringEvent, ports: Ports): Promise<readonly Told[]> {
  const found = byEvent.get(`${event.type} v${event.version}`);
  return found?.told?.(event) ?? (await found?.find?.(event, ports)) ?? [];
}

/** @returns the keys under which webhooks are interested in an event; see `Interests` */
export function interestsIn(event: OccurringEvent): string[] {
  const { told } = byEvent.get(`${event.type} v${event.version}`) ?? {};
  return told ? told(event).map((each) => `${event.type}:${each.to}`) : [event.type];
}

/** @returns the keys that a webhook of a user registers: with and without the user, since versions of a type may differ */
export function interestsOf(types: readonly string[], userId: string): string[] {
  return types.flatMap((type) => [`${type}:${userId}`, ...(isFound(type) ? [type] : [])]);
}

function isFound(type: string): boolean {
  return OFFERS.some(({ event, find }) => event.type === type && find !== undefined);
}
