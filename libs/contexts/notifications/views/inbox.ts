import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { Sql } from '@rookery/persistence';
import { BY_ID, Field, Item, ListOf, ListQuery, type Page, pagedVisible } from '@rookery/web';
import { Accounts } from '../../identity/contract';
import { Relations } from '../../social/contract';
import { KIND_NAMES } from '../model/kinds';
import { TARGETS, Targets, type TargetView } from './targets';

/** Number of latest actors that a notification shows. */
const SHOWN_ACTORS = 3;
/** Unread notifications are counted up to here. */
const MAX_UNREAD = 1_000;

/** A user who caused a notification. */
@ApiSchema({ name: 'NotificationActor' })
export class ActorView {
  @Field.uuid({ description: 'Id of the user.' })
  id: string;

  @Field.text({ max: 30, description: 'Unique name.', example: 'ada' })
  username: string;

  @Field.text({ max: 100, description: 'Display name.', example: 'Ada Lovelace' })
  name: string;
}

/** A notification. */
@ApiSchema({ name: 'Notification' })
export class NotificationView {
  @Field.uuid({ description: 'Id of the notification.' })
  id: string;

  @Field.oneOf(KIND_NAMES, { name: 'NotificationKind', description: 'What happened.' })
  kind: string;

  @Field.list(Item.object(() => ActorView), {
    max: SHOWN_ACTORS,
    description: 'The latest users who caused it, at most three; empty if no user caused it.',
  })
  actors: ActorView[];

  @Field.integer({ min: 0, description: 'Number of users who caused it.', example: 12 })
  actorsCount: number;

  @Field.union(TARGETS, {
    discriminator: 'type',
    description: 'What the notification is about. The fields depend on `type`.',
  })
  target: TargetView;

  @Field.dateTime({
    description: 'When it was created. Similar events within an hour after this can be added to it.',
  })
  createdAt: Date;

  @Field.dateTime({ nullable: true, description: 'When you read it; null if you have not.' })
  readAt: Date | null;
}

/** A page of an inbox. */
@ApiSchema({ name: 'NotificationInbox' })
export class InboxView extends ListOf(NotificationView) {
  @Field.integer({ min: 0, max: MAX_UNREAD, description: 'Your unread notifications, counted up to 1,000.' })
  unreadCount: number;
}

/** Query parameters of an inbox. */
export class InboxQuery extends ListQuery {
  @Field.boolean({ default: false, description: 'Returns only unread notifications.' })
  unread = false;
}

interface Row extends Record<string, unknown> {
  id: string;
  kind: string;
  targetId: string;
  sourceId: string | null;
  actorIds: string[];
  actorsCount: number;
  createdAt: Date;
  readAt: Date | null;
  view?: NotificationView;
}

/** Inboxes as their owners can see them now: without users whom they cannot see, and without deleted targets. */
@Injectable()
export class Inboxes {
  constructor(
    private readonly accounts: Accounts,
    private readonly relations: Relations,
    private readonly sql: Sql,
    private readonly targets: Targets,
  ) {}

  /** @returns a page of a user's inbox, newest first */
  async of(userId: string, query: InboxQuery): Promise<InboxView> {
    const [{ data, page }, unreadCount] = await Promise.all([
      this.page(userId, query),
      this.unreadCount(userId),
    ]);
    return { data, page, unreadCount };
  }

  /** @returns the given notifications that a user can see now, newest first */
  async some(userId: string, ids: readonly string[]): Promise<NotificationView[]> {
    const rows = await this.sql.rows<Row>(
      `${SELECT} WHERE it.user_id = $1 AND it.id = ANY ($2::uuid[]) ORDER BY it.id DESC`,
      [userId, ids],
    );
    return (await this.visible(userId, rows)).map(({ view }) => view!);
  }

  private async page(userId: string, query: InboxQuery): Promise<Page<NotificationView>> {
    const which = query.unread ? 'AND it.read_at IS NULL' : '';
    const { data, page } = await pagedVisible<Row, readonly [string]>(
      query,
      `notifications:${userId}:${query.unread}`,
      BY_ID,
      ([id], limit) =>
        this.sql.rows<Row>(
          `${SELECT} WHERE it.user_id = $1 AND it.in_app ${which} AND it.id < $2 ORDER BY it.id DESC LIMIT $3`,
          [userId, id, limit],
        ),
      (rows) => this.visible(userId, rows),
    );
    return { data: data.map(({ view }) => view!), page };
  }

  private async unreadCount(userId: string): Promise<number> {
    const row = await this.sql.row<{ count: number }>(
      `SELECT count(*)::int AS count FROM (
         SELECT FROM notifications.notifications WHERE user_id = $1 AND in_app AND read_at IS NULL LIMIT $2) AS unread`,
      [userId, MAX_UNREAD],
    );
    return row!.count;
  }

  private async visible(userId: string, rows: readonly Row[]): Promise<Row[]> {
    if (rows.length === 0) return [];
    const actorIds = [...new Set(rows.flatMap((row) => row.actorIds))];
    const [visible, accounts, targets] = await Promise.all([
      this.relations.visibleTo(userId, actorIds),
      this.accounts.find(actorIds),
      this.targets.of(userId, rows),
    ]);
    const actors = new Map(
      accounts
        .filter(({ id }) => visible.has(id))
        .map(({ id, username, name }) => [id, { id, username, name }]),
    );
    return rows.flatMap((row, index) => {
      const target = targets[index];
      const shown = row.actorIds.flatMap((id) => actors.get(id) ?? []);
      // If there are more actors than were read, one of the others can be visible.
      const actorsGone = shown.length === 0 && row.actorsCount > 0 && row.actorsCount <= SHOWN_ACTORS;
      if (!target || actorsGone) return [];
      const { id, kind, actorsCount, createdAt, readAt } = row;
      return { ...row, view: { id, kind, actors: shown, actorsCount, target, createdAt, readAt } };
    });
  }
}

const SELECT = `
  SELECT it.id, it.kind, it.target_id AS "targetId", it.source_id AS "sourceId", it.actor_count AS "actorsCount",
         it.created_at AS "createdAt", it.read_at AS "readAt",
         ARRAY (SELECT actor_id FROM notifications.actors
                WHERE actors.user_id = it.user_id AND notification_id = it.id
                ORDER BY acted_at DESC, actor_id DESC LIMIT ${SHOWN_ACTORS}) AS "actorIds"
  FROM notifications.notifications it`;
