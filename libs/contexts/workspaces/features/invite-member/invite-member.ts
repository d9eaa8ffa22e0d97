import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound } from '@rookery/domain';
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
import { type Role, ROLES } from '../../contract';
import { type Addressee } from '../../model/invite';
import { AlreadyMember, PersonalWorkspace, TooManyInvites } from '../../model/rejections';
import { addresseeOf, admitting } from '../../services/admitting';
import { Invitations } from '../../services/invitations';
import { InviteView, newInviteView } from '../../views/invite';
import { ROLE } from '../../views/workspace';

@ExactlyOneOf('userId', 'email')
class InviteCreate {
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

@Audited<InviteMember>('workspaces.invite-member', {
  record: ['role'],
  subject: ({ workspaceId }) => workspaceId,
})
export class InviteMember extends Command<InviteView> {
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
export class InviteMemberRoute {
  constructor(private readonly commands: Commands) {}

  @OutlivesSession()
  @Post(':id/invites')
  @RateLimit(admitting)
  @Explain({
    operationId: 'inviteMember',
    summary: 'Invite somebody to a workspace',
    description:
      'Requires the `owner` role. Sends a mail with a link that works for 7 days and only for the addressee. An invite to an address can be accepted by a user who has verified that address. The response does not reveal whether the address has an account. Inviting the same addressee again replaces the earlier invite.',
    ok: { status: 201, type: InviteView },
    rejects: [NotFound, PersonalWorkspace, AlreadyMember, TooManyInvites],
  })
  invite(
    @UuidParam() id: string,
    @CurrentCaller() caller: Caller,
    @Body() { role, ...addressee }: InviteCreate,
  ): Promise<InviteView> {
    return this.commands.execute(new InviteMember(id, caller.userId, addresseeOf(addressee), role));
  }
}

@CommandHandler(InviteMember)
export class InviteMemberHandler implements ICommandHandler<InviteMember> {
  constructor(private readonly invitations: Invitations) {}

  async execute({ workspaceId, callerId, addressee, role }: InviteMember): Promise<InviteView> {
    return newInviteView(await this.invitations.invite(workspaceId, callerId, addressee, role));
  }
}
