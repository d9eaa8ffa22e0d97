import { Controller, Get, Post, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiExcludeController, ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound, Rejection } from '@rookery/domain';
import { Transaction } from '@rookery/persistence';
import { type Caller, CurrentCaller, Explain, Public, SecretParam, sendPage, Versioned } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { Recipients } from '../../../identity/contract';
import { Relations } from '../../../social/contract';
import type { Invite } from '../../model/invite';
import { Member } from '../../model/member';
import { InviteClosed, TooManyMembers } from '../../model/rejections';
import { InviteSecrets } from '../../services/invite-secrets';
import { WorkspaceSettings } from '../../settings';
import { Invites } from '../../storage/invites';
import { Members } from '../../storage/members';
import { People } from '../../storage/people';
import { Workspaces } from '../../storage/workspaces';
import { WorkspaceView, WorkspaceViews } from '../../views/workspace';
import { PAGE } from './invites-page';

@Audited<AcceptInvite>('workspaces.accept-invite', { subject: (_, workspace) => workspace?.id })
export class AcceptInvite extends Command<WorkspaceView> {
  constructor(
    readonly token: string,
    readonly callerId: string,
  ) {
    super();
  }
}

@ApiTags('Workspace members')
@Controller('invites')
export class AcceptInviteRoute {
  constructor(private readonly commands: Commands) {}

  @Post(':token/accept')
  @Versioned()
  @Explain({
    operationId: 'acceptInvite',
    summary: 'Accept an invite with the token from the mail',
    description:
      'Only the invited user, or a user who has verified the invited address, can do this. Others get 404. An invite works once and expires after 7 days. A member who accepts keeps their role.',
    ok: { type: WorkspaceView },
    rejects: [NotFound, InviteClosed, TooManyMembers],
  })
  accept(@SecretParam('token') token: string, @CurrentCaller() { userId }: Caller): Promise<WorkspaceView> {
    return this.commands.execute(new AcceptInvite(token, userId));
  }
}

/** The page that the link in the mail opens if no separate app is configured. */
@ApiExcludeController()
@Controller('invites')
export class InvitesPage {
  @Public()
  @Get()
  page(@Res() reply: FastifyReply): void {
    void reply.header('referrer-policy', 'no-referrer');
    sendPage(reply, PAGE);
  }
}

@CommandHandler(AcceptInvite)
export class AcceptInviteHandler implements ICommandHandler<AcceptInvite> {
  constructor(
    private readonly clock: Clock,
    private readonly invites: Invites,
    private readonly members: Members,
    private readonly people: People,
    private readonly recipients: Recipients,
    private readonly relations: Relations,
    private readonly secrets: InviteSecrets,
    private readonly settings: WorkspaceSettings,
    private readonly transaction: Transaction,
    private readonly views: WorkspaceViews,
    private readonly workspaces: Workspaces,
  ) {}

  async execute({ token, callerId }: AcceptInvite): Promise<WorkspaceView> {
    const { id, workspaceId } = await this.transaction.outside(() => this.findOwn(token, callerId));
    const now = this.clock.now();
    // Locks the workspace before the invite, in the same order as a revocation.
    const workspace = await this.workspaces.findLocked(workspaceId);
    const invite = await this.invites.get(id);
    if (!workspace) throw new Rejection(InviteClosed);
    invite.accept(now);
    await this.verifySender(invite, callerId);
    // An invite to an address stays open for owners after a removal: they must not learn whose address it is.
    if (await this.members.wasRemovedSince(workspaceId, callerId, invite.createdAt))
      throw new Rejection(InviteClosed);
    await this.invites.save(invite);
    if (!(await this.members.find({ workspaceId, userId: callerId }))) {
      await this.people.ensure(callerId);
      await this.members.add(Member.join(workspaceId, callerId, invite.role, now), this.settings.maxMembers);
    }
    await this.members.forgetDeparture(workspaceId, callerId);
    return this.views.get(workspaceId, callerId);
  }

  /** @throws Rejection `resource.not-found` unless the invite, open or closed, is for the caller */
  private async findOwn(token: string, callerId: string): Promise<Invite> {
    const [invite, [caller]] = await Promise.all([
      this.invites.findByHash(this.secrets.hashOf(token)),
      this.recipients.find([callerId]),
    ]);
    if (!invite || !caller || !invite.isFor({ userId: callerId, email: caller.email }))
      throw new Rejection(NotFound);
    return invite;
  }

  /** @throws Rejection `workspaces.invite-closed` if the account of the sender was erased or one has blocked the other */
  private async verifySender({ invitedBy }: Invite, callerId: string): Promise<void> {
    if (invitedBy === null || !(await this.relations.visibleTo(callerId, [invitedBy])).has(invitedBy))
      throw new Rejection(InviteClosed);
  }
}
