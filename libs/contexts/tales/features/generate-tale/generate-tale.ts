import { type Attempt, type Handles, Snooze, Subscriber } from '@rookery/messaging';
import { Clock, type EventOf, Rejection } from '@rookery/domain';
import { counter, HealthChecks, histogram } from '@rookery/observability';
import { Transaction } from '@rookery/persistence';
import { TaleRequested } from '../../contract';
import { isFailureCode } from '../../model/failures';
import type { Story, TaleState } from '../../model/tale';
import { generation } from '../../queue';
import { Budgets } from '../../services/budgets';
import { ClaimLost, Recital, ShuttingDown } from '../../services/recital';
import { type Ended, FinalFailure, StoryWriter, Unavailable } from '../../services/story-writer';
import { Drafts } from '../../storage/drafts';
import { Tales } from '../../storage/tales';

const total = counter({
  name: 'rookery_tales_total',
  help: 'Attempts to generate tales, by outcome: ready, retried, paused, failed, cancelled, interrupted.',
  labels: ['outcome'],
});
const seconds = histogram({
  name: 'rookery_tale_generation_seconds',
  help: 'Duration in seconds of an attempt to generate a tale, by outcome.',
  labels: ['outcome'],
  buckets: [0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300],
});

/** A tale that waits longer than this for a provider fails. */
const MAX_WAIT_MS = 900_000;
const MIN_PAUSE_MS = 1_000;
const AGAIN_AFTER_SHUTDOWN_MS = 500;
const NOTHING_USED = { inputTokens: 0, outputTokens: 0 };

interface Work {
  tale: Readonly<TaleState>;
  claim: number;
}

/** First stage: writes the text of a tale and stores it. The second is `send-tale-mail`. */
@Subscriber('tales.generate-tale', TaleRequested, { queue: generation })
export class GenerateTale implements Handles<typeof TaleRequested> {
  constructor(
    private readonly budgets: Budgets,
    private readonly clock: Clock,
    private readonly drafts: Drafts,
    private readonly recital: Recital,
    private readonly tales: Tales,
    private readonly transaction: Transaction,
    private readonly writer: StoryWriter,
    health: HealthChecks,
  ) {
    if (writer.name === 'embedded') return;
    // Requests are accepted without the provider, and wait. The node can stay in service.
    const check = async () => (writer.failing ? { degraded: 'paused after repeated failures' } : undefined);
    health.addDependency('language-model', check, { critical: false, ready: 'never' });
  }

  async handle(event: EventOf<typeof TaleRequested>, { signal }: Attempt): Promise<void> {
    const { subject, data, occurredAt } = event;
    const mayWait = this.clock.now().getTime() - Date.parse(occurredAt) < MAX_WAIT_MS;
    if (mayWait && this.writer.waitMs > 0) throw this.pause(this.writer.waitMs);
    const work = await this.transaction.run(() => this.begin(subject, data.run));
    if (!work) return;
    const end = seconds.startTimer();
    const outcome = await this.write(work, signal).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    const name = outcomeOf(outcome, mayWait);
    total.inc({ outcome: name });
    end({ outcome: name });
    if (outcome === undefined || outcome instanceof ClaimLost) return;
    if (outcome instanceof ShuttingDown) throw new Snooze(AGAIN_AFTER_SHUTDOWN_MS);
    if (outcome instanceof Unavailable && outcome.retryAfterMs !== undefined && mayWait)
      throw this.pause(outcome.retryAfterMs);
    throw outcome;
  }

  /** The reader sees the kind of the last failure. If an operator redrives the delivery, generation starts again. */
  async onDiscarded({ subject, data }: EventOf<typeof TaleRequested>, reason: Error): Promise<void> {
    const tale = await this.tales.findLocked(subject);
    const { failure } = reason as { failure?: unknown };
    if (!tale?.fail(data.run, isFailureCode(failure) ? failure : 'internal', this.clock.now())) return;
    this.drafts.close(subject);
    await this.tales.save(tale);
  }

  private async begin(id: string, run: number): Promise<Work | undefined> {
    const tale = await this.tales.findLocked(id);
    if (!tale?.begin(run, this.writer.name)) return undefined;
    await this.tales.save(tale);
    await this.drafts.open(id, tale.version);
    return { tale: { ...tale.snapshot() }, claim: tale.version };
  }

  /** @throws the error that ended the generation */
  private async write({ tale, claim }: Work, signal: AbortSignal): Promise<void> {
    await this.verifyBudget(tale);
    const { text, characters, ended, failure } = await this.recital.perform(tale, claim, signal);
    const used =
      ended?.usage ??
      (wasAnswered(characters, failure) ? this.writer.estimate(tale, characters) : NOTHING_USED);
    const story = failure ? undefined : text.finish(ended?.complete ?? false);
    const stored = await this.transaction.run(async () => {
      await this.budgets.charge(tale.userId, used);
      return story !== undefined && (await this.store(tale.id, claim, story, ended));
    });
    if (failure) throw failure;
    if (!story) throw new Unavailable('The answer is no story.', 'unusable-answer');
    if (!stored) throw new ClaimLost();
  }

  /** The usage of earlier attempts counts, so a tale that fails again and again stops when the budget is used up. */
  private async verifyBudget({ userId, length }: Readonly<TaleState>): Promise<void> {
    await this.budgets.verify(userId, this.writer.maxTokens(length)).catch((error: unknown) => {
      if (!(error instanceof Rejection)) throw error;
      throw new FinalFailure('The budget of the user is used up.', 'budget-exhausted');
    });
  }

  private async store(
    id: string,
    claim: number,
    story: Omit<Story, 'language'>,
    ended: Ended | undefined,
  ): Promise<boolean> {
    const tale = await this.tales.findLocked(id);
    if (!tale?.holds(claim)) return false;
    tale.finish({ ...story, ...(ended?.language && { language: ended.language }) }, this.clock.now());
    this.drafts.close(id);
    await this.tales.save(tale);
    return true;
  }

  private pause(ms: number): Snooze {
    return new Snooze(Math.max(MIN_PAUSE_MS, Math.ceil(ms)));
  }
}

/**
 * @returns whether the provider works: the model responded, or refused the content, or the attempt was canceled first
 */
function wasAnswered(characters: number, failure: Error | undefined): boolean {
  const withheld = failure instanceof FinalFailure && failure.failure === 'content-refused';
  return characters > 0 || withheld || failure instanceof ClaimLost;
}

function outcomeOf(outcome: Error | undefined, mayWait: boolean): string {
  if (outcome === undefined) return 'ready';
  if (outcome instanceof ClaimLost) return 'cancelled';
  if (outcome instanceof ShuttingDown) return 'interrupted';
  if (outcome instanceof FinalFailure) return 'failed';
  return outcome instanceof Unavailable && outcome.retryAfterMs !== undefined && mayWait
    ? 'paused'
    : 'retried';
}
