import { PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { type Person, sharedSystem } from '@rookery/testing';

describe('pruning sessions', () => {
  const system = sharedSystem();

  const started = async ({ email }: Person) => {
    const { body } = await system.ask('POST /v1/auth/login', { body: { email, password: PASSWORD } });
    const { sid } = JSON.parse(Buffer.from(body.accessToken.split('.')[1], 'base64url').toString());
    return sid as string;
  };
  const change = (id: string, set: string) =>
    system.sql(`UPDATE identity.sessions SET ${set} WHERE id = $1`, [id]);
  const left = async ({ id }: Person) =>
    (await system.sql<{ id: string }>('SELECT id FROM identity.sessions WHERE user_id = $1', [id])).map(
      (session) => session.id,
    );

  it('deletes only sessions that ended 180 days ago, when device and network are no longer known', async () => {
    const person = await signUp(system);
    const [own] = await left(person);
    const [revoked, expired, justRevoked, justExpired, alive] = [
      await started(person),
      await started(person),
      await started(person),
      await started(person),
      await started(person),
    ];
    const at = (days: number, hours: number) => `now() - interval '${days} days ${hours} h'`;
    await change(revoked, `last_seen_at = ${at(180, 1)}, revoked_at = ${at(180, 1)}`);
    await change(justRevoked, `last_seen_at = ${at(200, 0)}, revoked_at = ${at(179, 23)}`);
    await change(expired, `last_seen_at = ${at(200, 0)}, expires_at = ${at(180, 1)}`);
    await change(justExpired, `last_seen_at = ${at(180, 0)}, expires_at = ${at(179, 23)}`);
    await change(alive, `last_seen_at = ${at(180, 1)}, started_at = ${at(400, 0)}`);
    await system.runSchedule('identity.prune-sessions');
    expect(new Set(await left(person))).toEqual(new Set([own, justRevoked, justExpired, alive]));
  });
});
