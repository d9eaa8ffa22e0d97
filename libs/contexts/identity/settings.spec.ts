import { IdentitySettings } from './settings';

describe('the settings of identity', () => {
  it('lock an address for 15 minutes after ten failures, and end sessions after 30 and 180 days, unless told otherwise', () => {
    expect(new IdentitySettings({})).toMatchObject({
      lockoutFailures: 10,
      lockoutSeconds: 900,
      sessionIdleDays: 30,
      sessionMaxDays: 180,
    });
  });

  it.each([
    ['LOCKOUT_FAILURES', '0'],
    ['LOCKOUT_FAILURES', '101'],
    ['LOCKOUT_SECONDS', '0'],
    ['LOCKOUT_SECONDS', '86401'],
    ['LOCKOUT_SECONDS', 'an hour'],
    ['SESSION_IDLE_DAYS', '0'],
    ['SESSION_MAX_DAYS', '0.5'],
  ])('refuse %s=%s, and name it', (name, value) => {
    expect(() => new IdentitySettings({ [name]: value })).toThrow(name);
  });

  it('refuse sessions that would end before they are unused for long enough', () => {
    const days = { SESSION_IDLE_DAYS: '8', SESSION_MAX_DAYS: '7' };
    expect(() => new IdentitySettings(days)).toThrow('SESSION_MAX_DAYS is less than SESSION_IDLE_DAYS');
    expect(() => new IdentitySettings({ ...days, SESSION_MAX_DAYS: '8' })).not.toThrow();
  });
});
