import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { definedMails, MAIL_LANGUAGES } from '@rookery/mail';
import { escapeHtml, Public, sendPage, WebSettings } from '@rookery/web';
import type { FastifyReply } from 'fastify';

const UNSUBSCRIBE = 'https://rookery.test/unsubscribe?token=…';

/** Previews of every mail with sample data, for authors of mails. Not available in production. */
@ApiExcludeController()
@Public()
@Controller('mail-previews')
export class PreviewMails {
  constructor(private readonly settings: WebSettings) {}

  @Get()
  list(@Res() reply: FastifyReply): void {
    this.assertAllowed();
    const rows = definedMails().map(({ name, transactional }) => {
      const links = MAIL_LANGUAGES.map(
        (language) => `<a href="/mail-previews/${escapeHtml(name)}?language=${language}">${language}</a>`,
      );
      return `<tr><td>${escapeHtml(name)}</td><td>${links.join(' ')}</td><td>${transactional ? 'transactional' : ''}</td></tr>`;
    });
    sendPage(reply, { title: 'Mails', body: `<h1>Mails</h1><table>${rows.join('')}</table>` });
  }

  @Get(':name')
  show(@Param('name') name: string, @Query('language') language: unknown, @Res() reply: FastifyReply): void {
    this.assertAllowed();
    const mail = definedMails().find((each) => each.name === name);
    if (!mail) throw new Rejection(NotFound);
    const tag = typeof language === 'string' ? language : undefined;
    const { html } = mail.render(mail.sample, tag, mail.transactional ? undefined : UNSUBSCRIBE);
    void reply
      .type('text/html; charset=utf-8')
      .header(
        'content-security-policy',
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
      )
      .send(html);
  }

  private assertAllowed(): void {
    if (this.settings.environment === 'production') throw new Rejection(NotFound);
  }
}
