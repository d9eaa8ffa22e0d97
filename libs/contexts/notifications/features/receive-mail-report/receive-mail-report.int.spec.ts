import { enroll, newcomer } from '@rookery/contexts/identity/testing';
import { eventually, privateSystem } from '@rookery/testing';
import { Webhook } from 'standardwebhooks';

const SECRET = `whsec_${Buffer.from('a secret of some length').toString('base64')}`;

describe('Reports of mail providers', () => {
  const system = privateSystem({ RESEND_WEBHOOK_SECRET: SECRET });

  const report = (address: string, own: Record<string, string> = {}, provider = 'resend') => {
    const body = JSON.stringify({
      type: 'email.bounced',
      data: { to: [address], bounce: { type: 'Permanent', message: `<${address}> is unknown` } },
    });
    const now = new Date();
    return system.ask(`POST /v1/mail/reports/${provider}`, {
      body,
      headers: {
        'content-type': 'application/json',
        'svix-id': 'msg_1',
        'svix-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'svix-signature': new Webhook(SECRET).sign('msg_1', now, body),
        ...own,
      },
    });
  };

  it('stop mail to an address that bounced, until an operator allows it again', async () => {
    const admin = await enroll(system, { role: 'admin' });
    const form = newcomer();
    expect((await report(form.email)).status).toBe(204);
    const list = async () =>
      (await system.ask('GET /v1/admin/mail/suppressions', { token: admin.token })).body.data as {
        id: string;
        address: string;
      }[];
    const [entry] = await list();
    expect(entry).toMatchObject({
      address: 'p…@example.com',
      reason: 'bounce',
      provider: 'resend',
      detail: '<p…@example.com> is unknown',
    });
    await system.ask('POST /v1/auth/register', { body: form });
    await eventually(async () => {
      const deliveries = await system.sql(
        `SELECT state, last_error AS reason FROM messaging.event_delivery
         WHERE subscriber = 'identity.send-verification-mail'`,
      );
      expect(deliveries).toEqual([{ state: 'dead', reason: expect.stringContaining('bounced before') }]);
    });
    expect(await system.inbox.of(form.email)).toEqual([]);
    const remove = () =>
      system.ask(`DELETE /v1/admin/mail/suppressions/${entry!.id}`, { token: admin.token });
    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(404);
    expect(await list()).toEqual([]);
  });

  it('are refused unless the provider signed them', async () => {
    const address = 'somebody@example.com';
    for (const answer of [
      await report(address, { 'svix-signature': 'v1,bm90aGluZw==' }),
      await report(address, { 'svix-timestamp': '1' }),
      await report(address, {}, 'sendgrid'),
      await report(address, {}, 'ses'),
      await system.ask('POST /v1/mail/reports/resend'),
    ])
      expect(answer).toMatchObject({ status: 403, body: { code: 'notifications.mail-report-refused' } });
    expect((await report(address, {}, 'smtp')).status).toBe(404);
    const rows = await system.sql('SELECT 1 FROM mail.suppressions');
    expect(rows).toEqual([]);
  });

  it('can be as large as those of providers, but no larger, and other routes accept no text', async () => {
    const large = (size: number) =>
      system.ask('POST /v1/mail/reports/resend', {
        body: 'x'.repeat(size),
        headers: { 'content-type': 'text/plain' },
      });
    expect((await large(900_000)).status).toBe(403);
    expect((await large(1_100_000)).status).toBe(413);
    const other = await system.ask('POST /v1/auth/login', {
      body: 'x',
      headers: { 'content-type': 'text/plain' },
    });
    expect(other).toMatchObject({ status: 415, body: { code: 'request.unsupported-media-type' } });
  });
});
