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

/** A user whom an event concerns. */
export interface Told {
  to: string;
  /** Other users that the event is about. It is sent only if the recipient can see all of them. */
  about: readonly string[];
  /** The workspace that the event is about. It is sent only to current members. */
  workspaceId?: string;
}

const to = (userId: string, ...about: string[]): Told => ({ to: userId, about });

/** Services that find the users whom an event concerns, if the event does not name them. */
export interface Ports {
  headlines: PostHeadlines;
  memberships: Memberships;
}

type Seen<D> = Pick<EventOf<D>, 'data' | 'subject' | 'actorId'>;

interface Offer {
  readonly event: EventDefinition;
  /** Determined from the event alone, so that an event costs nothing if nobody concerned has a webhook. */
  readonly told?: (event: OccurringEvent) => readonly Told[];
  /** Determined by a query. As soon as anybody subscribes to the type, every event of the type is processed. */
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

/** The user who did something to a post, and the author of the post. */
async function withAuthor(userId: string, postId: string, { headlines }: Ports): Promise<Told[]> {
  const authorId = (await headlines.find([postId])).get(postId)?.authorId;
  return authorId === undefined || authorId === userId ? [to(userId)] : [to(userId), to(authorId, userId)];
}

/** The members of a workspace. Members can see all other members, even blocked ones. */
async function members(workspaceId: string, { memberships }: Ports): Promise<Told[]> {
  return (await memberships.membersOf(workspaceId)).map(({ userId }) => member(userId, workspaceId));
}

function member(userId: string, workspaceId: string): Told {
  return { to: userId, about: [], workspaceId };
}

/**
 * The events that webhooks can receive, and the users whom each concerns: who did it, and to whom it was done. Other
 * events are not offered. To offer an event, add a line. List only users who are allowed to know of it, and put all
 * other users whose ids the event contains into `about`.
 */
const OFFERS: readonly Offer[] = [
  offer(SessionRevoked, ({ data }) => [to(data.userId)]),
  offer(RoleChanged, ({ subject }) => [to(subject)]),
  offer(UserRenamed, ({ subject }) => [to(subject)]),
  offer(PreferencesChanged, ({ data }) => [to(data.userId)]),
  offer(UserFollowed, ({ data: { userId, otherId } }) => [to(userId, otherId), to(otherId, userId)]),
  // A block ends follows. Only a user who unfollowed is notified; notifying the other would reveal a block.
  offer(UserUnfollowed, ({ data: { userId }, actorId }) => (actorId === userId ? [to(userId)] : [])),
  // Never sent to the blocked user. The blocker can no longer see the blocked user, but must still get the event.
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
  // Only the author. Viewers do not need events about their own views.
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
  // Only for kinds of notifications for which the recipient has chosen the webhook channel.
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

/** All versions of the offered events. */
export const OFFERED_EVENTS: readonly EventDefinition[] = OFFERS.map(({ event }) => event);

/** Types of the offered events, as used by webhooks. */
export const OFFERED_TYPES: readonly string[] = [...new Set(OFFERED_EVENTS.map(({ type }) => type))].sort();

/** Type of the request that tests a webhook. It is not an event and needs no subscription. */
export const PING = 'webhooks.ping';

/** Durable name of the subscriber that finds the webhooks for an event. */
export const FAN_OUT = 'webhooks.fan-out';

/** @returns the users whom an event concerns; none if it is not offered */
export async function toldOf(event: OccurringEvent, ports: Ports): Promise<readonly Told[]> {
  const found = byEvent.get(`${event.type} v${event.version}`);
  return found?.told?.(event) ?? (await found?.find?.(event, ports)) ?? [];
}

/** @returns the keys by which webhooks subscribe to an event; see `Interests` */
export function interestsIn(event: OccurringEvent): string[] {
  const { told } = byEvent.get(`${event.type} v${event.version}`) ?? {};
  return told ? told(event).map((each) => `${event.type}:${each.to}`) : [event.type];
}

/**
 * @returns the keys that a webhook of a user registers: with and without the user id, because versions of a type can
 *   differ
 */
export function interestsOf(types: readonly string[], userId: string): string[] {
  return types.flatMap((type) => [`${type}:${userId}`, ...(isFound(type) ? [type] : [])]);
}

function isFound(type: string): boolean {
  return OFFERS.some(({ event, find }) => event.type === type && find !== undefined);
}
