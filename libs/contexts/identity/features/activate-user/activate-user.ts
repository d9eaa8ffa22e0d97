import { Controller, Get, Header, Put } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiExcludeController, ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound, Rejection } from '@rookery/domain';
import { Explain, Public, SecretParam } from '@rookery/web';
import { Registrations } from '../../services/registrations';
import { LinkExpired } from '../../model/rejections';
import { ActivationLinks } from '../../storage/activation-links';
import { Users } from '../../storage/users';
import { PAGE, POLICY } from './activation-page';

@Audited('identity.activate-user')
export class ActivateUser extends Command<void> {
  constructor(readonly token: string) {
    super();
  }
}

@ApiTags('Auth')
@Controller('users/activate')
export class ActivateUserRoute {
  constructor(private readonly commands: Commands) {}

  @Public()
  @Put(':token')
  @Explain({
    operationId: 'activateUser',
    summary: 'Activate an account with the token from the link',
    description:
      'The link in the mail opens a page whose button calls this route. The token works once, for 3 days. Then it returns 410, and 404 once the registration is canceled, which follows within a minute. If the address was registered with several passwords, none of them is used, and a mail with a link to set a password is sent.',
    ok: { status: 204 },
    rejects: [NotFound, LinkExpired],
  })
  activate(@SecretParam('token') token: string): Promise<void> {
    return this.commands.execute(new ActivateUser(token));
  }
}

/** The page that the link in the mail opens: mail scanners follow links, but do not press buttons. */
@ApiExcludeController()
@Controller('activate')
export class ActivationPage {
  @Public()
  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', POLICY)
  @Header('referrer-policy', 'no-referrer')
  page(): string {
    return PAGE;
  }
}

@CommandHandler(ActivateUser)
export class ActivateUserHandler implements ICommandHandler<ActivateUser> {
  constructor(
    private readonly clock: Clock,
    private readonly links: ActivationLinks,
    private readonly registrations: Registrations,
    private readonly users: Users,
  ) {}

  async execute({ token }: ActivateUser): Promise<void> {
    const link = await this.links.find(token);
    if (!link) throw new Rejection(NotFound);
    await this.users.lockAddress(link.email);
    // A registration of the address in between has replaced the link.
    if (!(await this.links.find(token))) throw new Rejection(NotFound);
    const now = this.clock.now();
    const user = await this.users.get(link.userId);
    if (!user.pending || link.expiresAt <= now) throw new Rejection(LinkExpired);
    await this.registrations.verify(user, now);
  }
}
