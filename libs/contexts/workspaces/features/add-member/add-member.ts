import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound, Rejection } from '@rookery/domain';
import {
  type Caller,
  CurrentCaller,
  ExactlyOneOf,
  Explain,
  Field,
  OutlivesSession,
  RateLimit,
  UuidParam,
} from '@rookery/web';
import { Relations } from '../../../social/contract';
import { type Role, ROLES } from '../../contract';
import { Member, verifyOwner } from '../../model/member';
import type { Addressee } from '../../model/invite';
import {
  AlreadyMember,
  InviteNeeded,
  PersonalWorkspace,
  TooManyInvites,
  TooManyMembers,
} from '../../model/rejections';
import { addresseeOf, admitting } from '../../services/admitting';
import { Invitations } from '../../services/invitations';
import { WorkspaceSettings } from '../../settings';
import { Members } from '../../storage/members';
import { People } from '../../storage/people';
import { Workspaces } from '../../storage/workspaces';
import { InviteView, newInviteView } from '../../views/invite';
import { MemberView, MemberViews } from '../../views/member';
import { ROLE } from '../../views/workspace';

@ExactlyOneOf('userId', 'email')
class MemberCreate {
  @Field.uuid({ optional: true, description: 'Id of the user.' })
  userId?: string;

  @Field.email({
    optional: true,
    description: 'E-mail address to invite, instead of `userId`.',
    example: 'ada@example.com',
  })
  email?: string;

  @Field.oneOf(ROLES, ROLE)
  role: Role;
}

@Audited<AddMember>('workspaces.add-member', {
  record: ['role'],
  subject: ({ workspaceId }) => workspaceId,
})
export class AddMember extends Command<MemberView | InviteView> {
  constructor(
    readonly workspaceId: string,
    readonly callerId: string,
    readonly addressee: Addressee,
    readonly role: Role,
  ) {
    super();
  }
}

@ApiTags('Workspace members')
@Controller('workspaces')
export class AddMemberRoute {
  constructor(private readonly commands: Commands) {}

  @OutlivesSession()
  @Post(':id/members')
  @RateLimit(admitting)
  @Explain({
    operationId: 'addMember',
    summary: 'Add a member to a workspace',
    description:
      'Requires the `owner` role. The user becomes a member immediately, gets a notification, and can leave. A user who has left can return only by accepting an invite. Returns 404 for a user who has blocked you or whom you have blocked. With `email` instead of `userId`, it sends an invite and returns it. The response does not reveal whether the address has an account.',
    ok: { status: 201, type: [MemberView, InviteView] },
    rejects: [NotFound, PersonalWorkspace, AlreadyMember, InviteNeeded, TooManyMembers, TooManyInvites],
  })
  add(
    @UuidParam() id: string,
    @CurrentCaller() caller: Caller,
    @Body() { role, ...addressee }: MemberCreate,
  ): Promise<MemberView | InviteView> {
    return this.commands.execute(new AddMember(id, caller.userId, addresseeOf(addressee), role));
  }
}

@CommandHandler(AddMember)
export class AddMemberHandler implements ICommandHandler<AddMember> {
  constructor(
    private readonly clock: Clock,
    private readonly invitations: Invitations,
    private readonly members: Members,
    private readonly people: People,
    private readonly relations: Relations,
    private readonly settings: WorkspaceSettings,
    private readonly views: MemberViews,
    private readonly workspaces: Workspaces,
  ) {}

  async execute({ workspaceId, callerId, addressee, role }: AddMember): Promise<MemberView | InviteView> {
    if (addressee.userId === null)
      return newInviteView(await this.invitations.invite(workspaceId, callerId, addressee, role));
    const { userId } = addressee;
    const locked = await this.workspaces.lockAs(callerId, workspaceId);
    verifyOwner(locked.role);
    locked.workspace.verifyShared();
    if (!(await this.relations.visibleTo(callerId, [userId])).has(userId)) throw new Rejection(NotFound);
    await this.people.ensure(userId);
    if (await this.members.hasLeft(workspaceId, userId)) throw new Rejection(InviteNeeded);
    const member = Member.join(workspaceId, userId, role, this.clock.now());
    await this.members.add(member, this.settings.maxMembers);
    return this.views.reload(workspaceId, userId);
  }
}
