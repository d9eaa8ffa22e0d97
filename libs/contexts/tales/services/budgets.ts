import { Injectable } from '@nestjs/common';
import { Clock, Rejection } from '@rookery/domain';
import { counter } from '@rookery/observability';
import { BudgetExhausted } from '../model/rejections';
import { TaleSettings } from '../settings';
import { type TokenUsage, Usage } from '../storage/usage';

const tokens = counter({
  name: 'rookery_tale_tokens_total',
  help: 'Tokens that language models counted for tales: input, output.',
  labels: ['direction'],
});
const cost = counter({
  name: 'rookery_tale_cost_total',
  help: 'What tales have cost, in the currency of LLM_INPUT_PRICE and LLM_OUTPUT_PRICE.',
});

const DAY_MS = 86_400_000;

/** What each user may use up on a day. */
@Injectable()
export class Budgets {
  constructor(
    private readonly clock: Clock,
    private readonly settings: TaleSettings,
    private readonly usage: Usage,
  ) {}

  /**
   * Refuses work that the budget of today could not pay for. Call it under the lock that counting unfinished tales
   * takes.
   *
   * @param maxTokens what the work, and all other work that is not finished, may use at most; 0 is always affordable
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

  /** Prices are for a million tokens, so a token costs as many millionths. */
  private costMicros({ inputTokens, outputTokens }: TokenUsage): number {
    return Math.ceil(inputTokens * this.settings.inputPrice + outputTokens * this.settings.outputPrice);
  }
}
