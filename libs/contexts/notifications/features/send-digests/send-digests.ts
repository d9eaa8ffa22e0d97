import { type EventOf, newId, occurred } from '@rookery/domain';
import { type Addressed, Mail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Schedule, type Scheduled, Subscriber } from '@rookery/messaging';
import { Outbox, Transaction } from '@rookery/persistence';
import { WebSettings } from '@rookery/web';
import { type Recipient, Recipients } from '../../../identity/contract';
import { DigestsDue } from '../../events';
import { channelsOf } from '../../model/settings';
import { digestMail } from '../../services/mails';
import { type Texts, textsOf } from '../../services/texts';
import { UnsubscribeLinks } from '../../services/unsubscribe-links';
import { Digests } from '../../storage/digests';
import { Notifications } from '../../storage/notifications';
import { StoredSettings } from '../../storage/settings';
import { Inboxes } from '../../views/inbox';

/** Digests that one slot begins. */
const BATCH_SIZE = 1_000;
/** Digests of one event: those that a provider may take with one request. */
const PER_EVENT = 50;
/** Notifications that a digest names. */
const MAX_ITEMS = 20;

interface Digest {
  name: string;
  items: Texts[];
  more: number;
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

/** Mails digests. What was mailed, or read, is in no other digest; what was turned off by then is in none. */
@Subscriber('notifications.send-digests', DigestsDue, { queue: Queues.mail, timeout: 120_000 })
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

  async handle({ data: { userIds, until } }: EventOf<typeof DigestsDue>, { key }: Attempt): Promise<void> {
    const due: { userId: string; addressed: Addressed<Digest> }[] = [];
    for (const recipient of await this.recipients.find(userIds)) {
      const addressed = await this.digestOf(recipient, until, key);
      if (addressed) due.push({ userId: recipient.id, addressed });
    }
    const outcomes = await this.mail.sendMany(
      digestMail,
      due.map(({ addressed }) => addressed),
    );
    const failed = new Set(due.filter((_, index) => outcomes[index]).map(({ userId }) => userId));
    await this.transaction.run(() =>
      this.notifications.mailed(
        userIds.filter((id) => !failed.has(id)),
        until,
      ),
    );
    const failure = outcomes.find((outcome) => outcome !== undefined);
    if (failure) throw failure;
  }

  /** @returns undefined if there is nothing to tell */
  private async digestOf(
    { id, email, name, language }: Recipient,
    until: string,
    key: string,
  ): Promise<Addressed<Digest> | undefined> {
    const waiting = await this.notifications.waiting(id, until, MAX_ITEMS + 1);
    const settings = await this.settings.ofOne(id);
    const items = (await this.inboxes.some(id, waiting))
      .filter(({ kind }) => channelsOf(settings, kind)?.mail !== 'off')
      .map(textsOf);
    if (items.length === 0) return undefined;
    const shown = items.slice(0, MAX_ITEMS);
    const variables = {
      name,
      items: shown,
      more: items.length - shown.length,
      link: `${this.web.appUrl}/notifications`,
    };
    const options = { language, unsubscribe: this.links.of(id, 'digest') };
    return { to: email, variables, key: `${key}:${id}`, options };
  }
}
