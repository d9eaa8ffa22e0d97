import { contexts } from '@rookery/contexts';
import { NotFound, Rejection } from '@rookery/domain';
import { definedMails, Mail, MAIL_LANGUAGES } from '@rookery/mail';
import { ownSystem } from '@rookery/testing/own-system';
import type { WebSettings } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { PreviewMails } from './preview-mails';

/** In no text and no attribute. */
const GAP = /\{\{|\}\}|undefined|\[object|<p><\/p>|\n{3}/;

describe('Every mail', () => {
  const system = ownSystem(contexts);
  const mails = () => definedMails();
  const rawOf = async (address: string) => {
    const { id } = await system.inbox.latest(address);
    return (await fetch(`${system.addresses.mailboxUrl}/api/messages/${id}/raw`)).text();
  };

  it('has text and HTML in each language, without missing variables', () => {
    expect(mails().length).toBeGreaterThan(20);
    for (const mail of mails()) {
      const { name, sample } = mail;
      const [en, de] = MAIL_LANGUAGES.map((language) => mail.render(sample, language));
      for (const { subject, text, html } of [en!, de!]) {
        expect({ name, subject, text }).not.toMatchObject({ text: expect.stringMatching(GAP) });
        expect({ name, subject }).toMatchObject({ subject: expect.stringMatching(/^\S.+\S$/) });
        expect(text.trim().length).toBeGreaterThan(20);
        expect(html).toMatch(/<p>[^]+<\/html>$/);
        expect(html.replace(/<style[^]*?<\/style>/g, '')).not.toMatch(/\{\{|undefined|\[object/);
      }
      expect({ name, text: de!.text }).not.toEqual({ name, text: en!.text });
      expect({ name, subject: de!.subject }).not.toEqual({ name, subject: en!.subject });
    }
  });

  it('has a preview page in each language', async () => {
    const { body } = await system.ask('GET /mail-previews');
    const paths = [...String(body).matchAll(/href="([^"]+)"/g)].map(([, path]) => path!);
    expect(paths).toHaveLength(MAIL_LANGUAGES.length * mails().length);
    for (const path of paths) {
      const { status, headers, body: page } = await system.ask(`GET ${path}`);
      expect({ path, status }).toEqual({ path, status: 200 });
      expect(headers['content-security-policy']).toContain('sandbox');
      expect(page).toContain(`<html lang="${path.slice(-2)}"`);
    }
    expect((await system.ask('GET /mail-previews/nothing')).status).toBe(404);
  });

  it('has an unsubscribe link only if it can be turned off', async () => {
    const unsubscribe = { post: 'http://rookery.test/post-here', page: 'http://rookery.test/a-page' };
    const optional: string[] = [];
    for (const template of mails()) {
      const { name, sample, transactional } = template;
      const address = `${name}@example.com`;
      await system.inWorker(Mail).send(address, template, sample, name, { unsubscribe });
      const raw = await rawOf(address);
      const said = {
        name,
        header: /^List-Unsubscribe: <(.+)>\r$/m.exec(raw)?.[1],
        page: raw.includes('a-page'),
      };
      expect(said).toEqual(
        transactional ? { name, page: false } : { name, header: unsubscribe.post, page: true },
      );
      expect(raw.includes('List-Unsubscribe-Post: List-Unsubscribe=One-Click')).toBe(!transactional);
      if (transactional) continue;
      optional.push(name);
      await expect(system.inWorker(Mail).send(address, template, sample, `${name} 2`)).rejects.toThrow(
        'needs a way to unsubscribe',
      );
    }
    expect(optional).toEqual([
      'digest',
      'notification',
      'todos-due-soon',
      'todos-overdue',
      'todos-weekly-report',
    ]);
  });
});

describe('Previews of mails in production', () => {
  it('do not exist', () => {
    const previews = new PreviewMails({ environment: 'production' } as WebSettings);
    const reply = {} as FastifyReply;
    expect(() => previews.list(reply)).toThrow(new Rejection(NotFound));
    const [mail] = definedMails();
    expect(() => previews.show(mail!.name, undefined, reply)).toThrow(new Rejection(NotFound));
  });
});
