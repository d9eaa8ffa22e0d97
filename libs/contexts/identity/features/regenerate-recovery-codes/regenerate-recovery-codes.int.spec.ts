import { Authenticator, signUp } from '@rookery/contexts/identity/testing';
import { eventually, race, sharedSystem } from '@rookery/testing';

const REGENERATE = 'POST /v1/auth/recovery-codes';

describe('getting new recovery codes', () => {
  const system = sharedSystem();

  const codesOf = (userId: string) =>
    system.sql('SELECT code_hash FROM identity.recovery_codes WHERE user_id = $1 ORDER BY code_hash', [
      userId,
    ]);

  it('is refused for an account that is being deleted, although its token is still cached', async () => {
    const person = await signUp(system);
    await Authenticator.enroll(system, person);
    const before = await codesOf(person.id);
    const beingDeleted = async () =>
      (await system.sql('SELECT 1 FROM identity.users WHERE id = $1 FOR UPDATE SKIP LOCKED', [person.id]))
        .length === 0;
    const [deleted, regenerated] = await race(system, [
      () => system.ask('DELETE /v1/me', { token: person.token }),
      async () => {
        await eventually(beingDeleted);
        return system.ask(REGENERATE, { token: person.token });
      },
    ]);
    expect(deleted!.status).toBe(202);
    expect(regenerated).toMatchObject({ status: 401, body: { code: 'identity.account-gone' } });
    expect(await codesOf(person.id)).toEqual(before);
  });
});
