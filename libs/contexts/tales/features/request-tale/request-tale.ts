import { Body, Controller, Post, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, Item, RateLimit } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { LENGTHS, Readers, TONES } from '../../../identity/contract';
import { canonicalLanguage } from '../../model/language';
import { BudgetExhausted, LanguageUnknown, NoPreferences, TooManyActive } from '../../model/rejections';
import { MAX_ACTIVE, Tale, type Wish } from '../../model/tale';
import { visible } from '../../model/text';
import { talesCreate } from '../../rate-policy';
import { Budgets } from '../../services/budgets';
import { StoryWriter } from '../../services/story-writer';
import { Tales } from '../../storage/tales';
import { WISH } from '../../views/tale';
import { locationOf, RequestedTale } from '../../views/requested-tale';

class TaleCreate {
  @Field.text({ ...WISH.prompt, optional: true })
  prompt?: string;

  @Field.list(Item.text(WISH.interest), { ...WISH.interests, optional: true })
  interests?: string[];

  @Field.oneOf(TONES, { ...WISH.tone, optional: true })
  tone?: string;

  @Field.oneOf(LENGTHS, { ...WISH.length, optional: true })
  length?: string;

  @Field.text({ ...WISH.language, optional: true })
  language?: string;
}

@Audited('tales.request-tale')
export class RequestTale extends Command<RequestedTale> {
  constructor(
    readonly userId: string,
    readonly wish: Partial<Wish>,
  ) {
    super();
  }
}

@ApiTags('Tales')
@Controller('tales')
export class RequestTaleRoute {
  constructor(private readonly commands: Commands) {}

  @Post()
  @RateLimit(talesCreate)
  @Explain({
    operationId: 'requestTale',
    summary: 'Request a story written for you',
    description:
      'Omitted fields default to your preferences. The story is written in the background: follow it with `GET /v1/tales/{id}/stream`, or read it later. It is also sent to you by e-mail. You can have at most three unfinished stories. Your latest 1,000 stories are kept.',
    ok: { status: 202, type: RequestedTale, headers: { Location: 'URL of the tale.' } },
    rejects: [TooManyActive, NoPreferences, LanguageUnknown, BudgetExhausted, NotFound],
  })
  async request(
    @CurrentCaller() { userId }: Caller,
    @Body() wish: TaleCreate,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RequestedTale> {
    const tale = await this.commands.execute(new RequestTale(userId, wish));
    reply.header('location', locationOf(tale.id));
    return tale;
  }
}

@CommandHandler(RequestTale)
export class RequestTaleHandler implements ICommandHandler<RequestTale> {
  constructor(
    private readonly budgets: Budgets,
    private readonly clock: Clock,
    private readonly readers: Readers,
    private readonly tales: Tales,
    private readonly writer: StoryWriter,
  ) {}

  async execute({ userId, wish: asked }: RequestTale): Promise<RequestedTale> {
    const preferences = await this.readers.preferencesOf(userId);
    if (!preferences) throw new Rejection(NotFound); // the account was deleted, but its token has not expired
    const { prompt, interests, tone, length, language } = { ...preferences, ...withoutGaps(asked) };
    const wish: Wish = {
      prompt: visible(prompt ?? '').trim() || null,
      interests: interests.map((interest) => visible(interest).trim()).filter((interest) => interest !== ''),
      tone,
      length,
      language: canonicalLanguage(language),
    };
    if (wish.prompt === null && wish.interests.length === 0) throw new Rejection(NoPreferences);
    const active = await this.tales.countActive(userId);
    if (active >= MAX_ACTIVE) throw new Rejection(TooManyActive);
    await this.budgets.verify(
      userId,
      active * this.writer.maxTokens('long') + this.writer.maxTokens(wish.length),
    );
    const tale = Tale.request(userId, wish, this.clock.now());
    await this.tales.save(tale);
    this.tales.forgetOld(userId);
    return { id: tale.id, status: 'requested' };
  }
}

/** Fields that the body omits are undefined. */
function withoutGaps<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
