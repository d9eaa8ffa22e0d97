import { contexts } from '@rookery/contexts';
import { PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { WaitBudget, WaitBudgetSpent, withWorkContext, type WorkContext } from '@rookery/observability';
import { ownSystem } from '@rookery/testing/own-system';
import { SessionCache } from './session-cache';

describe('The sessions that are looked up together', () => {
  const system = ownSystem(contexts);
  const NOBODY: WorkContext = { correlationId: null, causationId: null, actorId: null, traceparent: null };

  const started = async () => {
    const { email } = await signUp(system);
    const { body } = await system.ask('POST /v1/auth/login', { body: { email, password: PASSWORD } });
    const { sid } = JSON.parse(Buffer.from(body.accessToken.split('.')[1], 'base64url').toString());
    return sid as string;
  };

  it('are found for a caller that may wait, beside one whose time is used up', async () => {
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
});
