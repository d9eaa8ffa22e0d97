import { Injectable } from '@nestjs/common';
import { Clock, newId, occurred } from '@rookery/domain';
import { counter } from '@rookery/observability';
import { Outbox } from '@rookery/persistence';
import { Frames } from '@rookery/realtime';
import { Recipients } from '../../identity/contract';
import { Relations } from '../../social/contract';
import { NotificationCreated } from '../contract';
import { type CHANNELS, NotificationDue } from '../events';
import { NotificationArrived } from '../frames';
import { GROUP_MS, type Kind, type KindName, KINDS } from '../model/kinds';
import { channelsOf, channelsOfMore, type Settings } from '../model/settings';
import { Digests } from '../storage/digests';
import { type Cause, type Draft, Notifications } from '../storage/notifications';
import { PushSubscriptions } from '../storage/push-subscriptions';
import { StoredSettings } from '../storage/settings';
import { Targets } from '../views/targets';
import { nextDigest } from './local-time';

/** What happened, and who is notified of it. */
export interface Happening {
  kind: KindName;
  /** The single kind that this kind combines. Channels that are off for the single kind are not used. */
  moreOf?: KindName;
  /** What it is about. The notification is removed when this is deleted. */
  targetId: string;
  /** What else it refers to, such as a comment on the target. */
  sourceId?: string | null;
  /** The workspace that it belongs to. It is removed when the workspace is deleted or the recipient leaves it. */
  scopeId?: string | null;
  /** The user who did it; null for the system. They are not notified themselves. */
  actorId: string | null;
  recipientIds: readonly string[];
}

const created = counter({
  name: 'rookery_notifications_total',
  help: 'Notifications, by kind and outcome: created, or joined (added to an earlier one of the same hour).',
  labels: ['kind', 'outcome'],
});

type Channel = (typeof CHANNELS)[number];

/** Adds notifications to inboxes in the current transaction. The number of statements does not depend on their number. */
@Injectable()
export class Notify {
  constructor(
    private readonly clock: Clock,
    private readonly devices: PushSubscriptions,
    private readonly digests: Digests,
    private readonly frames: Frames,
    private readonly notifications: Notifications,
    private readonly outbox: Outbox,
    private readonly recipients: Recipients,
    private readonly relations: Relations,
    private readonly settings: StoredSettings,
    private readonly targets: Targets,
  ) {}

  /**
   * Serializes notifications about a target. Call it before you read what decides about a notification.
   *
   * @throws Snooze while another transaction writes about the target
   */
  lock(targetId: string): Promise<void> {
    return this.notifications.lockTarget(targetId);
  }

  /**
   * Notifies a user, unless they did it themselves or cannot see the target.
   *
   * @throws Snooze while another transaction writes about the target
   */
  async one({
    recipientId,
    ...rest
  }: Omit<Happening, 'recipientIds'> & { recipientId: string }): Promise<void> {
    if (recipientId === rest.actorId) return;
    await this.lock(rest.targetId);
    const subject = { ...rest, sourceId: rest.sourceId ?? null };
    if (await this.targets.shows(recipientId, subject))
      await this.of({ ...rest, recipientIds: [recipientId] });
  }

  /**
   * Notifies users, each on their channels. Nobody is notified of their own actions, or of those of a user whom they have
   * blocked or muted or who has blocked them. Requires {@link lock} for grouped kinds, and that the users can see the target.
   *
   * @param happening with at most 1,000 recipients; with one if its kind is grouped
   */
  async of({
    kind,
    moreOf,
    targetId,
    sourceId = null,
    scopeId = null,
    actorId,
    recipientIds,
  }: Happening): Promise<void> {
    const others = recipientIds.filter((id) => id !== actorId);
    if (others.length === 0) return;
    const told = actorId === null ? others : [...(await this.relations.toldBy(actorId, others))];
    const [settings, withDevice] = await Promise.all([this.settings.of(told), this.devices.among(told)]);
    const now = this.clock.now();
    const { grouped, ownMail }: Kind = KINDS[kind];
    const cause: Cause = { kind, targetId, sourceId, scopeId, actorId };
    const drafts: Draft[] = [];
    const elsewhere: { userId: string; channels: Channel[]; webhook: boolean }[] = [];
    for (const [userId, own] of settings) {
      const { inApp, mail, push, webhook } = moreOf
        ? channelsOfMore(own, kind, moreOf)
        : channelsOf(own, kind);
      const channels: Channel[] = [];
      if (mail === 'immediate' && !ownMail) channels.push('mail');
      if (push && withDevice.has(userId)) channels.push('push');
      const digest = mail === 'digest';
      if (!inApp && !digest && !webhook && channels.length === 0) continue;
      drafts.push({ userId, inApp, digest });
      if (channels.length > 0 || webhook) elsewhere.push({ userId, channels, webhook });
    }
    const { fresh, reopened } = grouped
      ? await this.join(cause, drafts, now)
      : { fresh: drafts, reopened: undefined };
    if (reopened)
      await this.frames.send(NotificationArrived, [reopened.userId], { notificationId: reopened.id, kind });
    if (fresh.length === 0) return;
    const id = newId();
    await this.notifications.add(id, cause, fresh, now);
    created.inc({ kind, outcome: 'created' }, fresh.length);
    await this.scheduleDigests(
      fresh.filter(({ digest }) => digest),
      settings,
      now,
    );
    const added = new Set(fresh.map(({ userId }) => userId));
    const outside = elsewhere.filter(({ userId }) => added.has(userId));
    await this.outbox.append(
      outside.flatMap(({ userId, channels, webhook }) => [
        ...(webhook
          ? [
              occurred(NotificationCreated, {
                notificationId: id,
                userId,
                kind,
                targetId,
                channels: [...channels, 'webhook'],
              }),
            ]
          : []),
        ...(channels.length > 0
          ? [occurred(NotificationDue, { notificationId: id, userId, kind, channels })]
          : []),
      ]),
    );
    const inApp = fresh.flatMap((draft) => (draft.inApp ? draft.userId : []));
    if (inApp.length > 0) await this.frames.send(NotificationArrived, inApp, { notificationId: id, kind });
  }

  private async scheduleDigests(
    drafts: readonly Draft[],
    settings: ReadonlyMap<string, Settings>,
    now: Date,
  ): Promise<void> {
    if (drafts.length === 0) return;
    const recipients = await this.recipients.find(drafts.map(({ userId }) => userId));
    const due = recipients.map(({ id, timeZone }) => ({
      userId: id,
      dueAt: nextDigest(settings.get(id)!, timeZone, now),
    }));
    await this.digests.schedule(due);
  }

  /** @returns drafts without an earlier notification within the hour, and a notification that became unread again */
  private async join(
    cause: Cause,
    drafts: readonly Draft[],
    now: Date,
  ): Promise<{ fresh: Draft[]; reopened: { userId: string; id: string } | undefined }> {
    const fresh: Draft[] = [];
    let reopened: { userId: string; id: string } | undefined;
    const since = new Date(now.getTime() - GROUP_MS);
    for (const draft of drafts) {
      const joined = await this.notifications.join(draft, cause, since, now);
      if (!joined) fresh.push(draft);
      else created.inc({ kind: cause.kind, outcome: 'joined' });
      if (joined?.reopened && draft.inApp) reopened = { userId: draft.userId, id: joined.id };
    }
    return { fresh, reopened };
  }
}
