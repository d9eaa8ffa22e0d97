import { contexts } from '@rookery/contexts';
import { TestSystem } from '@rookery/testing';

describe('registering', () => {
  let system: TestSystem;

  beforeAll(async () => {
    system = await TestSystem.start(contexts);
  });
  afterAll(() => system.stop());

  it('sends a mail whose code signs in', async () => {
    const form = { email: 'Ada@Example.com', username: 'ada', password: 'correct horse battery', name: 'Ada' };
    const accepted = await system.ask('POST /v1/auth/register', { body: form });
    expect(accepted).toMatchObject({ status: 202, body: { email: 'ada@example.com' } });

    const { code } = await system.inbox.verification('ada@example.com');
    const verified = await system.ask('POST /v1/auth/verify', { body: { email: 'ada@example.com', code } });
    expect(verified).toMatchObject({ status: 200, body: { tokenType: 'Bearer', user: { username: 'ada' } } });

    const me = await system.ask('GET /v1/me', { token: verified.body.accessToken });
    expect(me).toMatchObject({ status: 200, body: { email: 'ada@example.com', role: 'user' } });
  });
});
