import { contexts } from '@rookery/contexts';
import { PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { newId } from '@rookery/domain';
import { WaitBudget, WaitBudgetSpent, withWorkContext, type WorkContext } from '@rookery/observability';
import { ownSystem } from '@rookery/testing/own-system';
import { Transaction } from '@rookery/persistence';
import { Sessions } from '../storage/sessions';
import { SessionCache } from './session-cache';

describe('Sessions that are read together', () => {
  const system = ownSystem(contexts);
  const NOBODY: WorkContext = { correlationId: null, causationId: null, actorId: null, traceparent: null };

  const started = async () => {
    const { email } = await signUp(system);
    const { body } = await system.ask('POST /v1/auth/login', { body: { email, password: PASSWORD } });
    const { sid } = JSON.parse(Buffer.from(body.accessToken.split('.')[1], 'base64url').toString());
    return sid as string;
  };

  it('are found for a caller with time left, next to one whose wait budget is used up', async () => {
    const cache = system.inApi(SessionCache);
    const [first, second] = [await started(), await started()];
    cache.forget(first);
    cache.forget(second);
    const [late, found] = await Promise.allSettled([
      withWorkContext({ ...NOBODY, waitBudget: new WaitBudget(0) }, () => cache.get(first)),
      withWorkContext({ ...NOBODY, waitBudget: new WaitBudget(60_000) }, () => cache.get(second)),
    ]);
    expect(late).toMatchObject({ status: 'rejected', reason: expect.any(WaitBudgetSpent) });
    expect(found).toMatchObject({ status: 'fulfilled', value: { id: second } });
  });

  const changes: Record<string, (sessions: Sessions, id: string, userId: string) => Promise<unknown>> = {
    'was signed out': (sessions, id) => sessions.revoke(id, 'logout'),
    'ended with all others of its user': (sessions, _, userId) =>
      sessions.revokeAll(userId, 'ended-by-admin'),
    'lost its proof': (sessions, id) => sessions.invalidateProof(id),
    'lost its proof to another': (sessions, _, userId) => sessions.voidOtherProofs(userId, newId()),
  };

  it.each(Object.keys(changes))(
    'are read again once it is committed that one %s, although somebody looked it up just before',
    async (what) => {
      const [cache, sessions] = [system.inApi(SessionCache), system.inApi(Sessions)];
      const { id, userId } = (await cache.get(await started()))!;
      await system.inApi(Transaction).run(async () => {
        await changes[what]!(sessions, id, userId);
        const early = await system.inApi(Transaction).outside(() => cache.get(id));
        expect(early?.authenticatedAt).toBeInstanceOf(Date);
      });
      expect((await cache.get(id))?.authenticatedAt ?? undefined).toBeUndefined();
    },
  );
});
