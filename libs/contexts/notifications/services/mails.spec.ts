import { WebSettings } from '@rookery/web';
import { inboxLink, notificationMail } from './mails';

describe('Mails with notifications', () => {
  const mailOf = (own: NodeJS.ProcessEnv) => {
    const settings = new WebSettings({ PUBLIC_URL: 'https://api.example', ...own });
    const text = { en: 'Ada liked it', de: 'Ada gefällt es' };
    return notificationMail.render({ name: 'Grace', text, link: inboxLink(settings) });
  };

  it('link to the page of the app', () => {
    const { text, html } = mailOf({ APP_URL: 'https://app.example/nest/' });
    expect(text).toContain('See your notifications:\nhttps://app.example/nest/notifications');
    expect(html).toContain('href="https://app.example/nest/notifications"');
    expect(text).not.toContain('in the app');
  });

  it('have no link if the app has no page for notifications', () => {
    const { text, html } = mailOf({});
    expect(text).toBe(
      'Hello Grace,\n\nAda liked it.\n\nYou can find everything in the app, in your notifications.\n',
    );
    expect(html).not.toContain('href');
  });
});
