import { Controller, Param, Post, Req } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound, Rejection } from '@rookery/domain';
import {
  type MailEvent,
  MailEvents,
  MailEventsRefused,
  type ProviderName,
  Suppressions,
} from '@rookery/mail';
import { counter } from '@rookery/observability';
import { Explain, Public, TextBody } from '@rookery/web';
import type { FastifyRequest } from 'fastify';
import { ReportRefused } from '../../model/rejections';

const REPORTING: readonly string[] = ['resend', 'sendgrid', 'ses'];

const suppressed = counter({
  name: 'rookery_mail_suppressions_total',
  help: 'Addresses added to the list of those that get no mail, by provider and reason.',
  labels: ['provider', 'reason'],
});

@Audited<SuppressAddresses>('notifications.suppress-addresses', { record: ['provider'] })
export class SuppressAddresses extends Command<void> {
  constructor(
    readonly provider: ProviderName,
    readonly events: readonly MailEvent[],
  ) {
    super();
  }
}

@ApiTags('Mail')
@Controller('mail/reports')
export class ReceiveMailReportRoute {
  constructor(
    private readonly clock: Clock,
    private readonly commands: Commands,
    private readonly events: MailEvents,
  ) {}

  @Public()
  @TextBody()
  @Post(':provider')
  @Explain({
    operationId: 'receiveMailReport',
    summary: 'Report bounces and complaints',
    description:
      'For signed webhooks of mail providers (`resend`, `sendgrid`, `ses`). Addresses with a permanent bounce, or whose owners reported spam, get no more mail.',
    ok: { status: 204 },
    rejects: [NotFound, ReportRefused, { code: 'request.too-large' }],
  })
  async receive(@Param('provider') name: string, @Req() request: FastifyRequest): Promise<void> {
    if (!REPORTING.includes(name)) throw new Rejection(NotFound);
    const provider = name as ProviderName;
    const body = typeof request.body === 'string' ? request.body : '';
    const events = await this.events
      .read(provider, request.headers, body, this.clock.now())
      .catch((error: unknown) => {
        if (error instanceof MailEventsRefused) throw new Rejection(ReportRefused);
        throw error;
      });
    if (events.length > 0) await this.commands.execute(new SuppressAddresses(provider, events));
  }
}

@CommandHandler(SuppressAddresses)
export class SuppressAddressesHandler implements ICommandHandler<SuppressAddresses> {
  constructor(private readonly suppressions: Suppressions) {}

  async execute({ provider, events }: SuppressAddresses): Promise<void> {
    await this.suppressions.add(provider, events);
    for (const { reason } of events) suppressed.inc({ provider, reason });
  }
}
