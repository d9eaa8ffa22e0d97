import { Injectable } from '@nestjs/common';
import { Clock, Rejection } from '@rookery/domain';
import { counter } from '@rookery/observability';
import { BudgetExhausted } from '../model/rejections';
import { TaleSettings } from '../settings';
import { type TokenUsage, Usage } from '../storage/usage';

const tokens = counter({
  name: 'rookery_tale_tokens_total',
  help: 'Tokens used by language models for tales: input, output.',
  labels: ['direction'],
});
const cost = counter({
  name: 'rookery_tale_cost_total',
  help: 'Cost of tales, in the currency of LLM_INPUT_PRICE and LLM_OUTPUT_PRICE.',
});

const DAY_MS = 86_400_000;

/** The daily budget of each user. */
@Injectable()
export class Budgets {
  constructor(
    private readonly clock: Clock,
    private readonly settings: TaleSettings,
    private readonly usage: Usage,
  ) {}

  /**
   * Rejects work that today's budget does not cover. Call it while you hold the lock that counting unfinished tales
   * takes.
   *
   * @param maxTokens maximum tokens that this and all other unfinished work can use; 0 is always accepted
   * @throws Rejection `tales.budget-exhausted`
   */
  async verify(userId: string, maxTokens: number): Promise<void> {
    if (maxTokens === 0) return;
    const now = this.clock.now();
    const spent = await this.usage.of(userId, now);
    const { dailyTokens, dailyCost, inputPrice, outputPrice } = this.settings;
    const maxCostMicros = maxTokens * Math.max(inputPrice, outputPrice);
    const affordable =
      spent.tokens + maxTokens <= dailyTokens &&
      (dailyCost === 0 || spent.costMicros + maxCostMicros <= dailyCost * 1e6);
    if (affordable) return;
    const untilMidnightMs = DAY_MS - (now.getTime() % DAY_MS);
    throw new Rejection(BudgetExhausted, { retryAfterSeconds: Math.ceil(untilMidnightMs / 1_000) });
  }

  /** Records what an attempt has used, in the current transaction. */
  async charge(userId: string, used: TokenUsage): Promise<void> {
    if (used.inputTokens + used.outputTokens === 0) return;
    const costMicros = this.costMicros(used);
    await this.usage.add(userId, this.clock.now(), { ...used, costMicros });
    tokens.inc({ direction: 'input' }, used.inputTokens);
    tokens.inc({ direction: 'output' }, used.outputTokens);
    cost.inc(costMicros / 1e6);
  }

  /** Prices are per million tokens, so the result is in millionths of the currency. */
  private costMicros({ inputTokens, outputTokens }: TokenUsage): number {
    return Math.ceil(inputTokens * this.settings.inputPrice + outputTokens * this.settings.outputPrice);
  }
}
