import { contexts } from '@rookery/contexts';
import { enroll, newcomer } from '@rookery/contexts/identity/testing';
import { newId } from '@rookery/domain';
import { ownSystem } from '@rookery/testing/own-system';
import { Recipients } from '../contract';

describe('Recipients', () => {
  const system = ownSystem(contexts);

  it('are active accounts, with what they prefer or the defaults', async () => {
    const form = newcomer();
    const [ada, bob, gone] = [await enroll(system, form), await enroll(system), await enroll(system)];
    await system.ask('PUT /v1/me/preferences', {
      token: ada.token,
      body: { interests: [], tone: 'calm', length: 'short', language: 'de', timeZone: 'Europe/Berlin' },
    });
    await system.ask('DELETE /v1/me', { token: gone.token });
    const found = await system.inApi(Recipients).find([ada.id, bob.id, gone.id, newId()]);
    expect(new Map(found.map((each) => [each.id, each]))).toEqual(
      new Map([
        [
          ada.id,
          {
            id: ada.id,
            email: ada.email,
            username: form.username,
            name: form.name,
            language: 'de',
            timeZone: 'Europe/Berlin',
          },
        ],
        [bob.id, expect.objectContaining({ email: bob.email, language: 'en', timeZone: 'UTC' })],
      ]),
    );
  });
});
