import { PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { eventually, served, sharedSystem } from '@rookery/testing';
import { Client } from 'pg';

const REFRESH = 'POST /v1/auth/refresh';
/** How many of twenty must wait at the same time; the api has ten connections. */
const WAITING = 5;

describe('refreshing tokens', () => {
  const system = sharedSystem();

  async function signedIn(): Promise<{ refreshToken: string; accessToken: string; user: { id: string } }> {
    const { email } = await signUp(system);
    return (await system.ask('POST /v1/auth/login', { body: { email, password: PASSWORD } })).body;
  }

  const refresh = (refreshToken: string) => system.ask(REFRESH, { body: { refreshToken } });

  it('returns a new refresh token each time', async () => {
    const first = await signedIn();
    const second = await refresh(first.refreshToken);
    const third = await refresh(second.body.refreshToken);
    expect([second.status, third.status]).toEqual([200, 200]);
    expect(new Set([first.refreshToken, second.body.refreshToken, third.body.refreshToken]).size).toBe(3);
    expect((await system.ask('GET /v1/me', { token: third.body.accessToken })).status).toBe(200);
  });

  it('returns the current token to the direct predecessor again, because the response may have been lost', async () => {
    const first = await signedIn();
    const second = await refresh(first.refreshToken);
    const again = await refresh(first.refreshToken);
    expect(again).toMatchObject({ status: 200, body: { refreshToken: second.body.refreshToken } });
  });

  it('ends the session when the predecessor comes later than after 30 seconds', async () => {
    const first = await signedIn();
    const second = await refresh(first.refreshToken);
    await system.sql(`UPDATE identity.sessions SET rotated_at = now() - interval '31 s' WHERE user_id = $1`, [
      first.user.id,
    ]);
    expect((await refresh(first.refreshToken)).body.code).toBe('identity.refresh-reused');
    expect((await refresh(second.body.refreshToken)).body.code).toBe('identity.refresh-invalid');
  });

  it('ends the session when an older token comes back, and says so in events', async () => {
    const first = await signedIn();
    const second = await refresh(first.refreshToken);
    await refresh(second.body.refreshToken);
    expect(await refresh(first.refreshToken)).toMatchObject({
      status: 401,
      body: { code: 'identity.refresh-reused' },
    });
    const events = await system.sql<{ type: string }>(
      `SELECT type FROM messaging.outbox WHERE data->>'userId' = $1 AND type LIKE 'identity.%' ORDER BY id`,
      [first.user.id],
    );
    expect(events.map(({ type }) => type)).toEqual(['identity.refresh-reused', 'identity.session-revoked']);
  });

  it.each(['nonsense', 'rt_00000000000000000000000000000000.0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'])(
    'refuses %s',
    async (token) => {
      expect(await refresh(token)).toMatchObject({ status: 401, body: { code: 'identity.refresh-invalid' } });
    },
  );

  it('refuses a token whose number was changed', async () => {
    const { refreshToken } = await signedIn();
    expect((await refresh(refreshToken.replace('.0.', '.1.'))).body.code).toBe('identity.refresh-invalid');
  });

  it('refuses a session that was not used for too long', async () => {
    const { refreshToken, user } = await signedIn();
    await system.sql('UPDATE identity.sessions SET idle_expires_at = now() WHERE user_id = $1', [user.id]);
    expect((await refresh(refreshToken)).body.code).toBe('identity.refresh-invalid');
  });

  const refreshUntilServed = (refreshToken: string) => served(() => refresh(refreshToken));

  const waitingForLocks = async (): Promise<number> => {
    const waiting = await system.sql(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return waiting.length;
  };

  it('gives twenty who refresh at once the same successor, and signs nobody out', async () => {
    const { refreshToken, user } = await signedIn();
    const holder = new Client({ connectionString: system.addresses.databaseUrl });
    await holder.connect();
    try {
      let present = refreshToken;
      for (let round = 0; round < 20; round += 1) {
        // No request rotates before several of them wait for the session.
        await holder.query('BEGIN');
        await holder.query('SELECT 1 FROM identity.sessions WHERE user_id = $1 FOR UPDATE', [user.id]);
        const over = Promise.all(Array.from({ length: 20 }, () => refreshUntilServed(present)));
        await eventually(async () => (await waitingForLocks()) >= WAITING);
        await holder.query('COMMIT');
        const answers = await over;
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
        const successors = new Set(answers.map(({ body }) => body.refreshToken as string));
        expect(successors.size).toBe(1);
        expect(successors).not.toContain(present);
        [present] = successors as unknown as [string];
      }
    } finally {
      await holder.end();
    }
  });
});
