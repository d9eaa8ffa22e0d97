import { newcomer, signUp } from '@rookery/contexts/identity/testing';
import { eventually, privateSystem } from '@rookery/testing';

const REGISTER = 'POST /v1/auth/register';

describe('telling an owner that somebody registered with their address', () => {
  const system = privateSystem();
  afterEach(() => system.inbox.accept());

  it('cancels that registration when the mail server refuses the address for good, as for an unknown one', async () => {
    const owner = await signUp(system);
    const known = newcomer({ email: owner.email, password: 'chosen by a stranger' });
    const unknown = newcomer();
    const logIn = async ({ email, password }: typeof known) =>
      (await system.ask('POST /v1/auth/login', { body: { email, password } })).status;
    for (const form of [known, unknown]) {
      await system.inbox.refuse(form.email, 550);
      expect((await system.ask(REGISTER, { body: form })).status).toBe(202);
      await eventually(async () => (await logIn(form)) === 401);
      const { username } = form;
      expect((await system.ask(REGISTER, { body: newcomer({ username }) })).status).toBe(202);
    }
    expect((await system.ask('GET /v1/me', { token: owner.token })).status).toBe(200);
  });
});
