import { Controller, Post, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, RateLimit, UuidParam } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { BudgetExhausted, NotFailed, TooManyActive } from '../../model/rejections';
import { MAX_ACTIVE } from '../../model/tale';
import { talesCreate } from '../../rate-policy';
import { Budgets } from '../../services/budgets';
import { StoryWriter } from '../../services/story-writer';
import { Tales } from '../../storage/tales';
import { locationOf, RequestedTale } from '../../views/requested-tale';

@Audited('tales.retry-tale')
export class RetryTale extends Command<RequestedTale> {
  constructor(
    readonly taleId: string,
    readonly userId: string,
  ) {
    super();
  }
}

@ApiTags('Tales')
@Controller('tales')
export class RetryTaleRoute {
  constructor(private readonly commands: Commands) {}

  @Post(':id/retry')
  @RateLimit(talesCreate)
  @Explain({
    operationId: 'retryTale',
    summary: 'Retry a failed story',
    description: 'The story is written again from the beginning, with the same options.',
    ok: { status: 202, type: RequestedTale, headers: { Location: 'URL of the tale.' } },
    rejects: [NotFound, NotFailed, TooManyActive, BudgetExhausted],
  })
  async retry(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RequestedTale> {
    const tale = await this.commands.execute(new RetryTale(id, userId));
    reply.header('location', locationOf(tale.id));
    return tale;
  }
}

@CommandHandler(RetryTale)
export class RetryTaleHandler implements ICommandHandler<RetryTale> {
  constructor(
    private readonly budgets: Budgets,
    private readonly clock: Clock,
    private readonly tales: Tales,
    private readonly writer: StoryWriter,
  ) {}

  async execute({ taleId, userId }: RetryTale): Promise<RequestedTale> {
    // Count first: requests take this lock before they write a tale.
    const active = await this.tales.countActive(userId);
    const tale = await this.tales.getOwn(taleId, userId);
    tale.retry(this.clock.now());
    if (active >= MAX_ACTIVE) throw new Rejection(TooManyActive);
    await this.budgets.verify(userId, (active + 1) * this.writer.maxTokens('long'));
    await this.tales.save(tale);
    return { id: tale.id, status: 'requested' };
  }
}
