import { contexts } from '@rookery/contexts';
import { enroll, newcomer } from '@rookery/contexts/identity/testing';
import { newId } from '@rookery/domain';
import { ownSystem } from '@rookery/testing/own-system';
import { Recipients } from '../contract';

describe('Recipients', () => {
  const system = ownSystem(contexts);

  it('are active accounts, with their preferences or the defaults', async () => {
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

  it('are found by address only while active; an erasure finds the address in any state', async () => {
    const [ada, gone] = [await enroll(system), await enroll(system)];
    await system.ask('DELETE /v1/me', { token: gone.token });
    const recipients = system.inApi(Recipients);
    expect(await recipients.findByAddress(ada.email)).toEqual((await recipients.find([ada.id]))[0]);
    expect(await recipients.findByAddress(gone.email)).toBeUndefined();
    expect(await recipients.findByAddress(newcomer().email)).toBeUndefined();
    expect(await recipients.addressOf(gone.id)).toBe(gone.email);
    expect(await recipients.addressOf(newId())).toBeUndefined();
  });
});
