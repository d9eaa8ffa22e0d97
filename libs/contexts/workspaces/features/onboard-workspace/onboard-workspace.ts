import { Body, Controller, Post, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, Versioned } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { Member } from '../../model/member';
import { TooManyWorkspaces } from '../../model/rejections';
import { Workspace, type WorkspaceDraft } from '../../model/workspace';
import { WorkspaceSettings } from '../../settings';
import { Members } from '../../storage/members';
import { People } from '../../storage/people';
import { Workspaces } from '../../storage/workspaces';
import { WORKSPACE, WorkspaceView, WorkspaceViews } from '../../views/workspace';

class WorkspaceCreate {
  @Field.name(WORKSPACE.name)
  name: string;

  @Field.text({ ...WORKSPACE.description, optional: true })
  description?: string;
}

@Audited('workspaces.onboard-workspace')
export class OnboardWorkspace extends Command<WorkspaceView> {
  constructor(
    readonly ownerId: string,
    readonly draft: WorkspaceDraft,
  ) {
    super();
  }
}

@ApiTags('Workspaces')
@Controller('workspaces')
export class OnboardWorkspaceRoute {
  constructor(private readonly commands: Commands) {}

  @Post()
  @Versioned()
  @Explain({
    operationId: 'onboardWorkspace',
    summary: 'Create a workspace',
    description:
      'You become its owner. Every user also has a personal workspace, which GET /v1/workspaces lists.',
    ok: { status: 201, type: WorkspaceView, headers: { Location: 'URL of the workspace.' } },
    rejects: [TooManyWorkspaces],
  })
  async onboard(
    @CurrentCaller() { userId }: Caller,
    @Body() { name, description }: WorkspaceCreate,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WorkspaceView> {
    const workspace = await this.commands.execute(
      new OnboardWorkspace(userId, { name, description: description ?? null }),
    );
    reply.header('location', `/v1/workspaces/${workspace.id}`);
    return workspace;
  }
}

@CommandHandler(OnboardWorkspace)
export class OnboardWorkspaceHandler implements ICommandHandler<OnboardWorkspace> {
  constructor(
    private readonly clock: Clock,
    private readonly members: Members,
    private readonly people: People,
    private readonly settings: WorkspaceSettings,
    private readonly views: WorkspaceViews,
    private readonly workspaces: Workspaces,
  ) {}

  async execute({ ownerId, draft }: OnboardWorkspace): Promise<WorkspaceView> {
    await this.people.ensure(ownerId);
    if ((await this.workspaces.countCreatedBy(ownerId)) >= this.settings.maxWorkspaces)
      throw new Rejection(TooManyWorkspaces);
    const now = this.clock.now();
    const workspace = Workspace.onboard(ownerId, draft, now);
    await this.workspaces.save(workspace);
    await this.members.save(Member.join(workspace.id, ownerId, 'owner', now));
    return this.views.get(workspace.id, ownerId);
  }
}
