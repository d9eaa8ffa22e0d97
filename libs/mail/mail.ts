import { createHash } from 'node:crypto';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Reject, Snooze } from '@rookery/messaging';
import { counter, HealthChecks } from '@rookery/observability';
import { Transaction } from '@rookery/persistence';
import { LRUCache } from 'lru-cache';
import { type Letter, MailNotSent, type MailProvider, MailRefused } from './provider';
import { ProviderLimits } from './provider-limits';
import { makeProvider } from './providers';
import { MailSettings } from './settings';
import { Suppressions } from './suppressions';
import type { MailTemplate } from './template';

/** Options of a mail for its recipient. */
export interface MailOptions {
  /** Tag (BCP 47) that they prefer; English by default. */
  language?: string;
  /**
   * URL that unsubscribes from this kind of mail with one POST, and a page for people. Required if the mail is not
   * transactional.
   */
  unsubscribe?: { post: string; page: string };
}

/** One of several mails that are sent together. */
export interface Addressed<V extends object> {
  to: string;
  variables: V;
  /** Idempotency key. */
  key: string;
  options?: MailOptions;
}

/** Consecutive failures after which a provider is used last. */
const MAX_FAILURES = 3;
/** Milliseconds for which it is used last. */
const PAUSE_MS = 30_000;
/** Mails sent concurrently if a provider takes one mail per request. */
const CONCURRENCY = 5;

const mails = counter({
  name: 'rookery_mails_total',
  help: 'Mails, by provider, template and outcome: sent, refused, failed (another attempt follows), suppressed.',
  labels: ['provider', 'template', 'outcome'],
});

/** What is sent. */
type Sent = Pick<MailTemplate<never>, 'name' | 'transactional'>;

/** A provider and its recent failures. */
interface Used {
  provider: MailProvider;
  failures: number;
  lastUntil: number;
}

/** Sends mail. Only subscribers of the mail queue call it: a request never waits for a mail server. */
@Injectable()
export class Mail implements OnApplicationShutdown {
  private readonly log = new Logger(Mail.name);
  private readonly used: readonly Used[];
  private readonly domain: string;
  /**
   * Mails that a provider may have accepted, although it did not respond. They are retried with the same provider,
   * because another one could send them twice.
   */
  private readonly doubtful = new LRUCache<string, MailProvider>({ max: 10_000, ttl: 86_400_000 });

  constructor(
    private readonly settings: MailSettings,
    private readonly limits: ProviderLimits,
    private readonly suppressions: Suppressions,
    private readonly transaction: Transaction,
    health: HealthChecks,
  ) {
    this.domain = settings.from.split('@').at(-1)!.replace(/>.*/, '');
    this.used = settings.providers.map((name) => ({
      provider: makeProvider(name, settings),
      failures: 0,
      lastUntil: 0,
    }));
    for (const used of this.used) {
      const { provider } = used;
      const check = async (): Promise<void> => {
        if (provider.verify) return provider.verify();
        if (used.failures >= MAX_FAILURES)
          throw new Error(`The last ${used.failures} mails could not be sent.`);
      };
      health.addDependency(provider.name, check, { critical: false, ready: 'never' });
    }
  }

  /**
   * Sends a mail at least once: if the process dies after a provider accepted it, it is sent again with the same
   * idempotency key and Message-ID. If a provider cannot send it the next one does. An address that bounced gets no
   * mail. An address that complained gets only transactional mail.
   *
   * @param to address
   * @param key idempotency key of the delivery; becomes the Message-ID
   * @throws Reject if a provider refuses it permanently (SMTP 5xx, RFC 5321 §4.2.1), or if it is transactional and its
   *   address is dead
   * @throws Snooze if the limit of the provider is reached; any other error can be temporary
   */
  async send<V extends object>(
    to: string,
    template: MailTemplate<V>,
    variables: V,
    key: string,
    options: MailOptions = {},
  ): Promise<void> {
    if (to.endsWith('.invalid')) return; // an account without an address: the mail cannot be delivered (RFC 6761 §6.4)
    const letter = this.letter(template, { to, variables, key, options });
    const reason = await this.suppressions.reasonFor(to);
    if (reason === 'bounce' || (reason === 'complaint' && !template.transactional)) {
      mails.inc({ provider: 'none', template: template.name, outcome: 'suppressed' });
      if (template.transactional)
        throw new Reject('Mail to this address bounced before; see the suppression list.');
      return;
    }
    await this.deliver(letter, template);
  }

  /**
   * Sends mails of one kind to several addresses, in batches: with one request per batch if the first provider supports
   * that.
   *
   * @param options.over records mails that were sent or permanently failed; called after each batch, before the next
   *   one is sent
   * @param options.signal stops before the next batch
   * @returns the error of the first mail that must be retried; undefined if there is none
   * @throws whatever `over` throws
   */
  async sendMany<V extends object, A extends Addressed<V>>(
    template: MailTemplate<V>,
    addressed: readonly A[],
    { over, signal }: { over: (mails: readonly A[]) => Promise<void>; signal: AbortSignal },
  ): Promise<Error | undefined> {
    const reasons = await this.suppressions.reasonsFor(addressed.map(({ to }) => to));
    const [dead, due] = [true, false].map((isDead) =>
      addressed.filter(({ to }) => (to.endsWith('.invalid') || reasons.has(to)) === isDead),
    ) as [A[], A[]];
    if (dead.length > 0) await over(dead);
    let failure: Error | undefined;
    const { provider } = this.order()[0]!;
    const size = Math.min(
      provider.batchSize ?? CONCURRENCY,
      this.limits.most(provider.name, !template.transactional),
    );
    for (let start = 0; start < due.length; start += size) {
      if (signal.aborted) return failure ?? (signal.reason as Error);
      const part = due.slice(start, start + size);
      const failures = await this.sendPart(template, part);
      failure ??= failures.find((error) => error !== undefined);
      const done = part.filter((_, index) => failures[index] === undefined);
      if (done.length > 0) await over(done);
    }
    return failure;
  }

  /** @returns the error of each mail, in the same order; undefined if it was sent or permanently failed */
  private async sendPart<V extends object>(
    template: MailTemplate<V>,
    part: readonly Addressed<V>[],
  ): Promise<(Error | undefined)[]> {
    const letters = part.map((one) => this.letter(template, one));
    try {
      if (await this.deliverAll(letters, template)) return part.map(() => undefined);
    } catch (error) {
      return part.map(() => error as Error);
    }
    return Promise.all(
      letters.map((letter) =>
        this.deliver(letter, template).then(
          () => undefined,
          (error: Error) => (error instanceof Reject ? undefined : error),
        ),
      ),
    );
  }

  onApplicationShutdown(): void {
    for (const { provider } of this.used) provider.close?.();
  }

  private letter<V extends object>(
    template: MailTemplate<V>,
    { to, variables, key, options: { language, unsubscribe } = {} }: Addressed<V>,
  ): Letter {
    if (!template.transactional && !unsubscribe)
      throw new Reject(`Mail ${template.name} is not transactional: it needs a way to unsubscribe.`);
    const id = createHash('sha256').update(key).digest('hex').slice(0, 32);
    return {
      ...template.render(variables, language, template.transactional ? undefined : unsubscribe?.page),
      from: this.settings.from,
      to,
      key,
      messageId: `<${id}@${this.domain}>`,
      // RFC 8058: one POST, without a page between.
      headers: template.transactional
        ? {}
        : {
            'List-Unsubscribe': `<${unsubscribe!.post}>`,
            'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
          },
    };
  }

  /** Providers in their configured order. Those that failed recently come last instead of being skipped. */
  private order(key?: string): Used[] {
    const now = performance.now();
    const doubtful = key === undefined ? undefined : this.doubtful.get(key);
    const rank = ({ provider, lastUntil }: Used): number => {
      if (provider === doubtful) return 0;
      return lastUntil > now ? 2 : 1;
    };
    return this.used.toSorted((a, b) => rank(a) - rank(b));
  }

  private async deliver(letter: Letter, { name: template, transactional }: Sent): Promise<void> {
    let last: Error | undefined;
    for (const used of this.order(letter.key)) {
      const { provider } = used;
      await this.limits.take(provider.name, 1, !transactional);
      try {
        await provider.send(letter);
        this.succeeded(used);
        this.doubtful.delete(letter.key);
        mails.inc({ provider: provider.name, template, outcome: 'sent' });
        return;
      } catch (error) {
        last = await this.failed(used, error as Error, letter, template);
      }
    }
    throw last!;
  }

  /** @returns whether the first provider has taken all of them */
  private async deliverAll(
    letters: readonly Letter[],
    { name: template, transactional }: Sent,
  ): Promise<boolean> {
    const [used] = this.order();
    const { provider } = used!;
    if (!provider.sendAll || letters.length < 2) return false;
    try {
      await this.limits.take(provider.name, letters.length, !transactional);
      await provider.sendAll(letters, letters.map(({ key }) => key).join(' '));
      this.succeeded(used!);
      mails.inc({ provider: provider.name, template, outcome: 'sent' }, letters.length);
      return true;
    } catch (error) {
      // If the outcome is unknown, sending each one separately could send all of them twice.
      if (error instanceof MailNotSent || error instanceof MailRefused) return false;
      throw error;
    }
  }

  /**
   * @returns the error, if another provider can try
   * @throws Error if no other provider must try
   */
  private async failed(used: Used, error: Error, { to, key }: Letter, template: string): Promise<Error> {
    const { name } = used.provider;
    if (error instanceof MailRefused) {
      this.succeeded(used);
      mails.inc({ provider: name, template, outcome: 'refused' });
      if (error.deadAddress) {
        const detail = error.message;
        await this.transaction.run(() =>
          this.suppressions.add(name, [{ address: to, reason: 'bounce', detail }]),
        );
      }
      throw new Reject(error.message);
    }
    if (error instanceof Snooze) throw error;
    mails.inc({ provider: name, template, outcome: 'failed' });
    used.failures += 1;
    if (used.failures >= MAX_FAILURES) {
      if (used.failures === MAX_FAILURES)
        this.log.warn(
          `${name} has failed ${MAX_FAILURES} times, is asked last for ${PAUSE_MS} ms: ${error.message}`,
        );
      used.lastUntil = performance.now() + PAUSE_MS;
    }
    if (error instanceof MailNotSent) return error;
    this.doubtful.set(key, used.provider);
    throw error;
  }

  private succeeded(used: Used): void {
    if (used.failures >= MAX_FAILURES) this.log.log(`${used.provider.name} sends again.`);
    used.failures = 0;
    used.lastUntil = 0;
  }
}
