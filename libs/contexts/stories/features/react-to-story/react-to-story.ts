import { Body, Controller, Delete, Param, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiParam, ApiSchema, ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import { Transaction } from '@rookery/persistence';
import {
  type Caller,
  CurrentCaller,
  defineRatePolicy,
  Explain,
  Field,
  RateLimit,
  UuidParam,
} from '@rookery/web';
import { metrics } from '../../metrics';
import { type Emoji, EMOJI, emojiOf, EmojiUnknown, findEmoji } from '../../model/emoji';
import { Reaction } from '../../model/reaction';
import { People } from '../../storage/people';
import { Reactions } from '../../storage/reactions';
import { Visibility } from '../../storage/visibility';

const REACTIONS = defineRatePolicy('stories-react', {
  quota: '60/60',
  per: ['account'],
  doc: 'Reacting to stories and withdrawing reactions, per account.',
});

class StoryReactionCreate {
  @Field.text({ max: 16, description: `One of ${EMOJI.join(' ')}.`, example: '❤️' })
  emoji: string;
}

/** A reaction of the caller. */
@ApiSchema({ name: 'StoryReaction' })
class ReactionView {
  @Field.uuid({ description: 'Id of the reaction.' })
  id: string;

  @Field.uuid({ description: 'Id of the story.' })
  storyId: string;

  @Field.oneOf(EMOJI, { name: 'StoryEmoji', description: 'The emoji, as it is stored and counted.' })
  emoji: Emoji;

  @Field.dateTime({ description: 'When you reacted.' })
  reactedAt: Date;
}

@Audited('stories.react-to-story')
export class ReactToStory extends Command<ReactionView> {
  constructor(
    readonly storyId: string,
    readonly userId: string,
    readonly emoji: string,
  ) {
    super();
  }
}

@Audited('stories.remove-reaction')
export class RemoveReaction extends Command<void> {
  constructor(
    readonly storyId: string,
    readonly userId: string,
    readonly emoji: string,
  ) {
    super();
  }
}

@ApiTags('Stories')
@Controller('stories')
export class ReactToStoryRoute {
  constructor(private readonly commands: Commands) {}

  @Post(':id/reactions')
  @RateLimit(REACTIONS)
  @Explain({
    operationId: 'reactToStory',
    summary: 'React to a story',
    description:
      'You can react with each of the six emoji once. Reacting again with the same emoji returns the existing reaction. Variation selectors are ignored.',
    ok: { status: 201, type: ReactionView },
    rejects: [NotFound, EmojiUnknown],
  })
  react(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @Body() { emoji }: StoryReactionCreate,
  ): Promise<ReactionView> {
    return this.commands.execute(new ReactToStory(id, userId, emoji));
  }

  @Delete(':id/reactions/:emoji')
  @RateLimit(REACTIONS)
  @ApiParam({ name: 'emoji', schema: { type: 'string' }, description: 'The emoji, percent-encoded.' })
  @Explain({
    operationId: 'removeReaction',
    summary: 'Withdraw a reaction',
    description: 'Also works for stories that you can no longer see.',
    ok: { status: 204 },
    rejects: [NotFound, EmojiUnknown],
  })
  remove(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @Param('emoji') emoji: string,
  ): Promise<void> {
    return this.commands.execute(new RemoveReaction(id, userId, emoji));
  }
}

@CommandHandler(ReactToStory)
export class ReactToStoryHandler implements ICommandHandler<ReactToStory> {
  constructor(
    private readonly clock: Clock,
    private readonly people: People,
    private readonly reactions: Reactions,
    private readonly transaction: Transaction,
    private readonly visibility: Visibility,
  ) {}

  async execute({ storyId, userId, emoji: text }: ReactToStory): Promise<ReactionView> {
    const { authorId: storyAuthorId } = await this.visibility.assertVisible(storyId, userId);
    const emoji = emojiOf(text);
    const [known] = await Promise.all([
      this.reactions.lockOf(storyId, userId, emoji),
      this.people.ensure(userId),
    ]);
    const reaction = known ?? Reaction.give({ storyId, storyAuthorId, userId, emoji }, this.clock.now());
    if (!known) {
      await this.reactions.save(reaction);
      this.transaction.afterCommit(() => metrics.reactions.inc({ emoji }));
    }
    const { id, reactedAt } = reaction.snapshot();
    return { id, storyId, emoji, reactedAt };
  }
}

@CommandHandler(RemoveReaction)
export class RemoveReactionHandler implements ICommandHandler<RemoveReaction> {
  constructor(
    private readonly reactions: Reactions,
    private readonly visibility: Visibility,
  ) {}

  async execute({ storyId, userId, emoji: text }: RemoveReaction): Promise<void> {
    const known = findEmoji(text);
    const reaction = known && (await this.reactions.lockOf(storyId, userId, known));
    if (!reaction) {
      await this.visibility.assertVisible(storyId, userId);
      emojiOf(text);
      return;
    }
    reaction.withdraw();
    await this.reactions.remove(reaction);
  }
}
