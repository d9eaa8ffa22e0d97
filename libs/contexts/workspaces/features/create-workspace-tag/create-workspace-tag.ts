import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, UuidParam } from '@rookery/web';
import { MAX_TAGS } from '../../contract';
import { verifyWriter } from '../../model/member';
import { TagTaken, TooManyTags } from '../../model/rejections';
import { Tag } from '../../model/tag';
import { Tags } from '../../storage/tags';
import { Workspaces } from '../../storage/workspaces';
import { newTagView, TAG, TagView } from '../../views/tag';

class WorkspaceTagCreate {
  @Field.text(TAG.name)
  name: string;
}

@Audited('workspaces.create-tag')
export class CreateWorkspaceTag extends Command<TagView> {
  constructor(
    readonly workspaceId: string,
    readonly callerId: string,
    readonly label: string,
  ) {
    super();
  }
}

@ApiTags('Workspace tags')
@Controller('workspaces')
export class CreateWorkspaceTagRoute {
  constructor(private readonly commands: Commands) {}

  @Post(':id/tags')
  @Explain({
    operationId: 'createWorkspaceTag',
    summary: 'Create a tag in a workspace',
    description: 'Requires the `owner` or `member` role. A workspace can have at most 200 tags.',
    ok: { status: 201, type: TagView },
    rejects: [NotFound, TagTaken, TooManyTags],
  })
  create(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @Body() { name }: WorkspaceTagCreate,
  ): Promise<TagView> {
    return this.commands.execute(new CreateWorkspaceTag(id, userId, name));
  }
}

@CommandHandler(CreateWorkspaceTag)
export class CreateWorkspaceTagHandler implements ICommandHandler<CreateWorkspaceTag> {
  constructor(
    private readonly clock: Clock,
    private readonly tags: Tags,
    private readonly workspaces: Workspaces,
  ) {}

  async execute({ workspaceId, callerId, label }: CreateWorkspaceTag): Promise<TagView> {
    const { role } = await this.workspaces.lockAs(callerId, workspaceId);
    verifyWriter(role);
    if ((await this.tags.countOf(workspaceId)) >= MAX_TAGS) throw new Rejection(TooManyTags);
    const tag = Tag.create(workspaceId, label, this.clock.now());
    await this.tags.save(tag);
    return newTagView(tag);
  }
}
