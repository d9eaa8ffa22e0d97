import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, Forbidden, NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { Stories } from '../../storage/stories';
import { Visibility } from '../../storage/visibility';

@Audited('stories.delete-story')
export class DeleteStory extends Command<void> {
  constructor(
    readonly storyId: string,
    readonly userId: string,
  ) {
    super();
  }
}

@ApiTags('Stories')
@Controller('stories')
export class DeleteStoryRoute {
  constructor(private readonly commands: Commands) {}

  @Delete(':id')
  @Explain({
    operationId: 'deleteStory',
    summary: 'Delete a story',
    description: 'Also removes it from your highlights.',
    ok: { status: 204 },
    rejects: [NotFound, Forbidden],
  })
  delete(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new DeleteStory(id, userId));
  }
}

@CommandHandler(DeleteStory)
export class DeleteStoryHandler implements ICommandHandler<DeleteStory> {
  constructor(
    private readonly clock: Clock,
    private readonly stories: Stories,
    private readonly visibility: Visibility,
  ) {}

  async execute({ storyId, userId }: DeleteStory): Promise<void> {
    const { authorId } = await this.visibility.assertVisible(storyId, userId);
    if (authorId !== userId) throw new Rejection(Forbidden);
    const story = await this.stories.getLocked(storyId); // the second of two concurrent deletions finds nothing
    story.delete(this.clock.now());
    await this.stories.saveDeleted(story);
  }
}
