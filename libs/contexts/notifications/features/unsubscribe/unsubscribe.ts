import { Controller, Get, HttpCode, Post, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiExcludeController, ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound, Rejection } from '@rookery/domain';
import { Explain, Public, SecretParam, sendPage, TextBody } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { Accounts } from '../../../identity/contract';
import { withoutMail } from '../../model/settings';
import { UnsubscribeLinks } from '../../services/unsubscribe-links';
import { StoredSettings } from '../../storage/settings';

@Audited('notifications.unsubscribe')
export class Unsubscribe extends Command<void> {
  constructor(readonly token: string) {
    super();
  }
}

@ApiTags('Notifications')
@Controller('mail/unsubscribe')
export class UnsubscribeRoute {
  constructor(private readonly commands: Commands) {}

  @Public()
  @TextBody()
  @Post(':token')
  @Explain({
    operationId: 'unsubscribe',
    summary: 'Turn off a kind of mail',
    description:
      'For mail programs (RFC 8058) and the page that the link in the mail opens. Requires the token from the mail and no sign-in. The body is ignored.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  unsubscribe(@SecretParam('token') token: string): Promise<void> {
    return this.commands.execute(new Unsubscribe(token));
  }
}

const SCRIPT = `
const button = document.querySelector('button'), said = document.querySelector('p');
const token = new URLSearchParams(location.search).get('token') ?? '';
history.replaceState(null, '', location.pathname);
button.onclick = async () => {
  button.disabled = true;
  const answer = await fetch('/v1/mail/unsubscribe/' + encodeURIComponent(token), { method: 'POST' }).catch(() => undefined);
  const told = { 204: 'You will no longer get these mails. You can turn them on again in your settings.', 404: 'This link is not valid.' };
  said.textContent = told[answer?.status] ?? 'That did not work. Please try again.';
  button.disabled = answer?.status in told;
};`;

/** The page that the link in a mail opens. It has a button, because mail scanners follow links but do not press buttons. */
@ApiExcludeController()
@Controller()
export class UnsubscribePage {
  @Public()
  @Get('unsubscribe')
  page(@Res() reply: FastifyReply): void {
    void reply.header('referrer-policy', 'no-referrer');
    sendPage(reply, {
      title: 'Unsubscribe',
      body: '<h1>Rookery</h1><p>Click the button to stop getting these mails.</p><button>Unsubscribe</button>',
      script: SCRIPT,
    });
  }

  /** For mail programs that open the address of `List-Unsubscribe` in a browser: redirects to the page. */
  @Public()
  @Get('mail/unsubscribe/:token')
  @HttpCode(303)
  open(@SecretParam('token') token: string, @Res({ passthrough: true }) reply: FastifyReply): void {
    reply.header('referrer-policy', 'no-referrer');
    reply.header('location', `/unsubscribe?token=${encodeURIComponent(token)}`);
  }
}

@CommandHandler(Unsubscribe)
export class UnsubscribeHandler implements ICommandHandler<Unsubscribe> {
  constructor(
    private readonly accounts: Accounts,
    private readonly clock: Clock,
    private readonly links: UnsubscribeLinks,
    private readonly settings: StoredSettings,
  ) {}

  async execute({ token }: Unsubscribe): Promise<void> {
    const link = this.links.read(token);
    if (!link) throw new Rejection(NotFound);
    const { userId, what } = link;
    const [account] = await this.accounts.find([userId]);
    if (!account?.active) throw new Rejection(NotFound);
    await this.settings.lock(userId);
    await this.settings.save(userId, withoutMail(await this.settings.ofOne(userId), what), this.clock.now());
  }
}
