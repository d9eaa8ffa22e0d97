import { type EventOf, newId, occurred } from '@rookery/domain';
import { type Addressed, Mail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Schedule, type Scheduled, Subscriber } from '@rookery/messaging';
import { Outbox, Transaction } from '@rookery/persistence';
import { WebSettings } from '@rookery/web';
import { type Recipient, Recipients } from '../../../identity/contract';
import { DigestsDue } from '../../events';
import { kindOf } from '../../model/kinds';
import { channelsOf, type Settings, wantsDigests } from '../../model/settings';
import { digestMail, inboxLink } from '../../services/mails';
import { type Texts, textsOf } from '../../services/texts';
import { UnsubscribeLinks } from '../../services/unsubscribe-links';
import { Digests } from '../../storage/digests';
import { Notifications } from '../../storage/notifications';
import { StoredSettings } from '../../storage/settings';
import { Inboxes } from '../../views/inbox';

/** Maximum number of digests that one run starts. */
const BATCH_SIZE = 1_000;
/** Digests per event: as many as a provider accepts in one request. */
const PER_EVENT = 50;
/** Maximum number of notifications that a digest lists. */
const MAX_ITEMS = 20;
/** Maximum number of notifications that a digest counts. */
const MAX_COUNTED = 1_000;

interface Digest {
  name: string;
  items: Texts[];
  /** Number of notifications that it does not list; empty if there are none. */
  more: string;
  link: string;
}

/** Requests the digests that are due. */
@Schedule('notifications.begin-digests', { everySeconds: 60 })
export class BeginDigests implements Scheduled {
  constructor(
    private readonly digests: Digests,
    private readonly outbox: Outbox,
  ) {}

  async run(): Promise<void> {
    const userIds = await this.digests.take(BATCH_SIZE);
    const until = newId();
    const events = [];
    for (let start = 0; start < userIds.length; start += PER_EVENT)
      events.push(occurred(DigestsDue, { userIds: userIds.slice(start, start + PER_EVENT), until }));
    if (events.length > 0) await this.outbox.append(events);
  }
}

/**
 * Mails digests. A notification is in at most one digest, and not in any if it was read or turned off by then. Each part of
 * the mails is recorded once it is sent, so a later failure does not repeat it.
 */
@Subscriber('notifications.send-digests', DigestsDue, { queue: Queues.bulkMail, timeout: 120_000 })
export class SendDigests implements Handles<typeof DigestsDue> {
  constructor(
    private readonly inboxes: Inboxes,
    private readonly links: UnsubscribeLinks,
    private readonly mail: Mail,
    private readonly notifications: Notifications,
    private readonly recipients: Recipients,
    private readonly settings: StoredSettings,
    private readonly transaction: Transaction,
    private readonly web: WebSettings,
  ) {}

  async handle(
    { id, data: { userIds, until } }: EventOf<typeof DigestsDue>,
    { key, signal }: Attempt,
  ): Promise<void> {
    await this.transaction.run(() => this.notifications.claimForDigest(id, userIds, until));
    const due: (Addressed<Digest> & { userId: string })[] = [];
    for (const recipient of await this.recipients.find(userIds)) {
      const digest = await this.digestOf(recipient, id, key);
      if (digest) due.push(digest);
    }
    const mailed = (over: readonly string[]) =>
      this.transaction.run(() => this.notifications.mailed(id, over));
    const told = new Set(due.map(({ userId }) => userId));
    await mailed(userIds.filter((userId) => !told.has(userId)));
    const failure = await this.mail.sendMany(digestMail, due, {
      signal,
      over: (digests) => mailed(digests.map(({ userId }) => userId)),
    });
    if (failure) throw failure;
  }

  /** Moves the notifications of this digest to the next one of each user. */
  async onDiscarded({ id, data: { userIds } }: EventOf<typeof DigestsDue>): Promise<void> {
    await this.notifications.leaveDigest(id, userIds);
  }

  /** @returns undefined if there is nothing to send */
  private async digestOf(
    { id: userId, email, name, language }: Recipient,
    digestId: string,
    key: string,
  ): Promise<(Addressed<Digest> & { userId: string }) | undefined> {
    const waiting = await this.notifications.waiting(digestId, userId, MAX_COUNTED);
    const settings = await this.settings.ofOne(userId);
    const items = (await this.inboxes.some(userId, waiting)).filter(({ kind }) => isWanted(settings, kind));
    if (items.length === 0) return undefined;
    const shown = items.slice(0, MAX_ITEMS).map(textsOf);
    const more = items.length - shown.length;
    const variables = {
      name,
      items: shown,
      more: more > 0 ? `${more}${waiting.length === MAX_COUNTED ? '+' : ''}` : '',
      link: inboxLink(this.web),
    };
    const options = { language, unsubscribe: this.links.of(userId, 'digest') };
    return { userId, to: email, variables, key: `${key}:${userId}`, options };
  }
}

/** @returns whether a user wants a kind in digests. Kinds with their own mails are in them beyond the limit of those mails */
function isWanted(settings: Settings, kind: string): boolean {
  if (channelsOf(settings, kind)?.mail === 'off') return false;
  return !kindOf(kind)?.ownMail || wantsDigests(settings);
}
