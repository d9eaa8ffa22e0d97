import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { verifyWriter } from '../../model/member';
import { Tags } from '../../storage/tags';
import { Workspaces } from '../../storage/workspaces';

@Audited('workspaces.delete-tag')
export class DeleteWorkspaceTag extends Command<void> {
  constructor(
    readonly workspaceId: string,
    readonly callerId: string,
    readonly tagId: string,
  ) {
    super();
  }
}

@ApiTags('Workspace tags')
@Controller('workspaces')
export class DeleteWorkspaceTagRoute {
  constructor(private readonly commands: Commands) {}

  @Delete(':id/tags/:tagId')
  @Explain({
    operationId: 'deleteWorkspaceTag',
    summary: 'Delete a tag of a workspace',
    description:
      'Requires the `owner` or `member` role. The tag is removed from its todos shortly afterwards.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  delete(
    @UuidParam() id: string,
    @UuidParam('tagId') tagId: string,
    @CurrentCaller() { userId }: Caller,
  ): Promise<void> {
    return this.commands.execute(new DeleteWorkspaceTag(id, userId, tagId));
  }
}

@CommandHandler(DeleteWorkspaceTag)
export class DeleteWorkspaceTagHandler implements ICommandHandler<DeleteWorkspaceTag> {
  constructor(
    private readonly tags: Tags,
    private readonly workspaces: Workspaces,
  ) {}

  async execute({ workspaceId, callerId, tagId }: DeleteWorkspaceTag): Promise<void> {
    const { role } = await this.workspaces.lockAs(callerId, workspaceId);
    const tag = await this.tags.of(workspaceId, tagId);
    verifyWriter(role);
    tag.delete();
    await this.tags.remove(tag);
  }
}
