import { Body, Controller, Patch } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, Item, UuidParam } from '@rookery/web';
import { NotHighlightable } from '../../model/rejections';
import { Highlights } from '../../storage/highlights';
import { HIGHLIGHT, HighlightView, highlightViewOf } from '../../views/highlight';

class HighlightUpdate {
  @Field.name({ ...HIGHLIGHT.name, optional: true })
  name?: string;

  @Field.list(Item.uuid(), { ...HIGHLIGHT.storyIds, optional: true })
  storyIds?: string[];
}

@Audited('stories.update-highlight')
export class UpdateHighlight extends Command<HighlightView> {
  constructor(
    readonly highlightId: string,
    readonly userId: string,
    readonly changes: HighlightUpdate,
  ) {
    super();
  }
}

@ApiTags('Highlights')
@Controller('highlights')
export class UpdateHighlightRoute {
  constructor(private readonly commands: Commands) {}

  @Patch(':id')
  @Explain({
    operationId: 'updateHighlight',
    summary: 'Change a highlight',
    description:
      '`storyIds` replaces all stories of the highlight. An expired story is deleted when it is removed from its last highlight.',
    ok: { type: HighlightView },
    rejects: [NotFound, NotHighlightable],
  })
  update(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @Body() changes: HighlightUpdate,
  ): Promise<HighlightView> {
    return this.commands.execute(new UpdateHighlight(id, userId, changes));
  }
}

@CommandHandler(UpdateHighlight)
export class UpdateHighlightHandler implements ICommandHandler<UpdateHighlight> {
  constructor(private readonly highlights: Highlights) {}

  async execute({ highlightId, userId, changes }: UpdateHighlight): Promise<HighlightView> {
    const highlight = await this.highlights.getLocked(highlightId);
    highlight.verifyOwner(userId);
    const before = highlight.storyIds;
    if (highlight.update(changes)) {
      await this.highlights.hold(userId, before, highlight.storyIds);
      await this.highlights.save(highlight);
    }
    return highlightViewOf(highlight);
  }
}
