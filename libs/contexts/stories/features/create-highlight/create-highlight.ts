import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, Item } from '@rookery/web';
import { Highlight } from '../../model/highlight';
import { NotHighlightable, TooManyHighlights } from '../../model/rejections';
import { Highlights } from '../../storage/highlights';
import { HIGHLIGHT, HighlightView, highlightViewOf } from '../../views/highlight';

class HighlightCreate {
  @Field.name(HIGHLIGHT.name)
  name: string;

  @Field.list(Item.uuid(), HIGHLIGHT.storyIds)
  storyIds: string[];
}

@Audited('stories.create-highlight')
export class CreateHighlight extends Command<HighlightView> {
  constructor(
    readonly ownerId: string,
    readonly name: string,
    readonly storyIds: string[],
  ) {
    super();
  }
}

@ApiTags('Highlights')
@Controller('highlights')
export class CreateHighlightRoute {
  constructor(private readonly commands: Commands) {}

  @Post()
  @Explain({
    operationId: 'createHighlight',
    summary: 'Create a highlight',
    description:
      'Stories in a highlight remain visible to their audience after they expire. A user can have up to 100 highlights.',
    ok: { status: 201, type: HighlightView },
    rejects: [NotHighlightable, TooManyHighlights],
  })
  create(
    @CurrentCaller() { userId }: Caller,
    @Body() { name, storyIds }: HighlightCreate,
  ): Promise<HighlightView> {
    return this.commands.execute(new CreateHighlight(userId, name, storyIds));
  }
}

@CommandHandler(CreateHighlight)
export class CreateHighlightHandler implements ICommandHandler<CreateHighlight> {
  constructor(
    private readonly clock: Clock,
    private readonly highlights: Highlights,
  ) {}

  async execute({ ownerId, name, storyIds }: CreateHighlight): Promise<HighlightView> {
    const owned = await this.highlights.countLocked(ownerId);
    const highlight = Highlight.create(ownerId, name, storyIds, owned, this.clock.now());
    await this.highlights.hold(ownerId, [], storyIds);
    await this.highlights.save(highlight);
    return highlightViewOf(highlight);
  }
}
