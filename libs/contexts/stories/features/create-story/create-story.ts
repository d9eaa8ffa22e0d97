import { Body, Controller, Post, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock } from '@rookery/domain';
import { Transaction } from '@rookery/persistence';
import { type Caller, CurrentCaller, defineRatePolicy, Explain, Field, Item, RateLimit } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { MediaLibrary } from '../../../media/contract';
import { metrics } from '../../metrics';
import { AudienceWithoutFriends, StoryEmpty } from '../../model/rejections';
import { Story, type StoryDraft } from '../../model/story';
import { VISIBILITIES, type StoryVisibility } from '../../model/visibility';
import { StorySettings } from '../../settings';
import { People } from '../../storage/people';
import { Stories } from '../../storage/stories';
import { STORY, StoryReader, StoryView } from '../../views/story';

const CREATIONS = defineRatePolicy('stories-create', {
  quota: '20/60',
  per: ['account'],
  doc: 'Publishing stories, per account.',
});

/** Rejections of the media context, by code: other contexts cannot import them. */
const MEDIA_REJECTIONS = [{ code: 'media.not-usable' }, { code: 'media.unavailable' }];

class StoryCreate {
  @Field.text({ ...STORY.text, optional: true })
  text?: string;

  @Field.text({
    max: 200,
    optional: true,
    description: 'Media key of an image or video that you uploaded.',
  })
  mediaKey?: string;

  @Field.oneOf(VISIBILITIES, STORY.visibility)
  visibility: StoryVisibility;

  @Field.list(Item.uuid(), { ...STORY.audience, optional: true })
  audienceUserIds?: string[];
}

@Audited('stories.create-story')
export class CreateStory extends Command<StoryView> {
  constructor(
    readonly authorId: string,
    readonly draft: StoryDraft,
  ) {
    super();
  }
}

@ApiTags('Stories')
@Controller('stories')
export class CreateStoryRoute {
  constructor(
    private readonly commands: Commands,
    private readonly media: MediaLibrary,
  ) {}

  @Post()
  @RateLimit(CREATIONS)
  @Explain({
    operationId: 'createStory',
    summary: 'Publish a story',
    description:
      'The story expires after 24 hours, exactly at `expiresAt`. A user in `audienceUserIds` sees it only while they follow you.',
    ok: { status: 201, type: StoryView, headers: { Location: 'URL of the story.' } },
    rejects: [StoryEmpty, AudienceWithoutFriends, ...MEDIA_REJECTIONS],
  })
  async create(
    @CurrentCaller() { userId }: Caller,
    @Body() { text, mediaKey, visibility, audienceUserIds }: StoryCreate,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StoryView> {
    const draft = {
      text: text ?? null,
      mediaKey: mediaKey ?? null,
      visibility,
      audience: audienceUserIds ?? null,
    };
    if (mediaKey !== undefined) await this.media.verify(userId, mediaKey, 'image-or-video');
    const story = await this.commands.execute(new CreateStory(userId, draft));
    reply.header('location', `/v1/stories/${story.id}`);
    return story;
  }
}

@CommandHandler(CreateStory)
export class CreateStoryHandler implements ICommandHandler<CreateStory> {
  constructor(
    private readonly clock: Clock,
    private readonly people: People,
    private readonly reader: StoryReader,
    private readonly settings: StorySettings,
    private readonly stories: Stories,
    private readonly transaction: Transaction,
  ) {}

  async execute({ authorId, draft }: CreateStory): Promise<StoryView> {
    const story = Story.publish(authorId, draft, this.clock.now(), this.settings.ttlSeconds);
    await this.people.ensure(authorId);
    await this.stories.publish(story, draft.audience);
    this.transaction.afterCommit(() => metrics.created.inc({ visibility: draft.visibility }));
    return this.reader.reload(story.id, authorId);
  }
}
