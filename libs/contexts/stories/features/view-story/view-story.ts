import { Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import { Transaction } from '@rookery/persistence';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { metrics } from '../../metrics';
import { People } from '../../storage/people';
import { StoryViews } from '../../storage/story-views';
import { Visibility } from '../../storage/visibility';

@Audited('stories.view-story')
export class ViewStory extends Command<void> {
  constructor(
    readonly storyId: string,
    readonly viewerId: string,
  ) {
    super();
  }
}

@ApiTags('Stories')
@Controller('stories')
export class ViewStoryRoute {
  constructor(private readonly commands: Commands) {}

  @Post(':id/view')
  @Explain({
    operationId: 'viewStory',
    summary: 'View a story',
    description: 'Each user counts once. Views by the author do not count.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  view(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new ViewStory(id, userId));
  }
}

@CommandHandler(ViewStory)
export class ViewStoryHandler implements ICommandHandler<ViewStory> {
  constructor(
    private readonly clock: Clock,
    private readonly people: People,
    private readonly transaction: Transaction,
    private readonly views: StoryViews,
    private readonly visibility: Visibility,
  ) {}

  async execute({ storyId, viewerId }: ViewStory): Promise<void> {
    const [{ authorId }] = await Promise.all([
      this.visibility.assertVisible(storyId, viewerId),
      this.people.ensure(viewerId),
    ]);
    if (authorId === viewerId) return;
    const isFirst = await this.views.record(storyId, authorId, viewerId, this.clock.now());
    if (isFirst) this.transaction.afterCommit(() => metrics.views.inc());
  }
}
