import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import {
  type Caller,
  CurrentCaller,
  defineRatePolicy,
  Explain,
  Field,
  RateLimit,
  UuidParam,
} from '@rookery/web';
import { Reply } from '../../model/reply';
import { People } from '../../storage/people';
import { Replies } from '../../storage/replies';
import { Visibility } from '../../storage/visibility';
import { newReplyView, REPLY, ReplyView } from '../../views/reply';

const REPLIES = defineRatePolicy('stories-reply', {
  quota: '30/60',
  per: ['account'],
  doc: 'Replying to stories, per account.',
});

class StoryReplyCreate {
  @Field.text(REPLY.text)
  text: string;
}

@Audited('stories.reply-to-story')
export class ReplyToStory extends Command<ReplyView> {
  constructor(
    readonly storyId: string,
    readonly userId: string,
    readonly text: string,
  ) {
    super();
  }
}

@ApiTags('Stories')
@Controller('stories')
export class ReplyToStoryRoute {
  constructor(private readonly commands: Commands) {}

  @Post(':id/replies')
  @RateLimit(REPLIES)
  @Explain({
    operationId: 'replyToStory',
    summary: 'Reply to a story',
    description: 'Everybody who can see the story can read its replies.',
    ok: { status: 201, type: ReplyView },
    rejects: [NotFound],
  })
  reply(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @Body() { text }: StoryReplyCreate,
  ): Promise<ReplyView> {
    return this.commands.execute(new ReplyToStory(id, userId, text));
  }
}

@CommandHandler(ReplyToStory)
export class ReplyToStoryHandler implements ICommandHandler<ReplyToStory> {
  constructor(
    private readonly clock: Clock,
    private readonly people: People,
    private readonly replies: Replies,
    private readonly visibility: Visibility,
  ) {}

  async execute({ storyId, userId, text }: ReplyToStory): Promise<ReplyView> {
    const [{ authorId: storyAuthorId }, [author]] = await Promise.all([
      this.visibility.assertVisible(storyId, userId),
      this.people.ensure(userId),
    ]);
    const reply = Reply.send({ storyId, storyAuthorId, authorId: userId, text }, this.clock.now());
    await this.replies.save(reply);
    return newReplyView(reply, author!);
  }
}
