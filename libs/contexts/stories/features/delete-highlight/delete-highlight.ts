import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { Highlights } from '../../storage/highlights';

@Audited('stories.delete-highlight')
export class DeleteHighlight extends Command<void> {
  constructor(
    readonly highlightId: string,
    readonly userId: string,
  ) {
    super();
  }
}

@ApiTags('Highlights')
@Controller('highlights')
export class DeleteHighlightRoute {
  constructor(private readonly commands: Commands) {}

  @Delete(':id')
  @Explain({
    operationId: 'deleteHighlight',
    summary: 'Delete a highlight',
    description: 'Also deletes its expired stories, unless they are in another highlight.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  delete(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new DeleteHighlight(id, userId));
  }
}

@CommandHandler(DeleteHighlight)
export class DeleteHighlightHandler implements ICommandHandler<DeleteHighlight> {
  constructor(private readonly highlights: Highlights) {}

  async execute({ highlightId, userId }: DeleteHighlight): Promise<void> {
    const highlight = await this.highlights.getLocked(highlightId); // the second of two concurrent deletions finds nothing
    highlight.verifyOwner(userId);
    await this.highlights.hold(userId, highlight.storyIds, []);
    highlight.delete();
    await this.highlights.remove(highlight);
  }
}
