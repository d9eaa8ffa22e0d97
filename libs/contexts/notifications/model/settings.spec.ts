import { allChannels, channelsOf, assertSettings, DEFAULT_SETTINGS } from './settings';

const thrown = (own: object) => {
  try {
    assertSettings({ ...DEFAULT_SETTINGS, ...own });
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('Notification settings', () => {
  it('have defaults for every kind that was not chosen', () => {
    const mine = { inApp: false, mail: 'off', push: false, webhook: false } as const;
    expect(channelsOf({ kinds: { like: mine } }, 'like')).toBe(mine);
    expect(channelsOf({ kinds: { like: mine } }, 'follow').inApp).toBe(true);
    expect(Object.keys(allChannels({ kinds: {} }))).toEqual(
      expect.arrayContaining(['follow', 'like', 'comment']),
    );
  });

  it('refuse quiet hours of no length', () => {
    expect(thrown({ quietHours: { from: '22:00', to: '22:00' } })).toBe('notifications.quiet-hours-empty');
    expect(thrown({ quietHours: { from: '22:00', to: '07:00' } })).toBeUndefined();
  });
});
