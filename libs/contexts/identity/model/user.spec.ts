import { User } from './user';

const now = new Date('2026-01-01T00:00:00Z');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000);
const registration = { email: 'ada@example.com', username: 'ada', name: 'Ada', passwordHash: 'hash' };

describe('a user', () => {
  it('is pending until verified', () => {
    const user = User.register(registration, 'v1', now);
    expect(user.pending).toBe(true);
    user.verify(later(5));
    expect(user.pending).toBe(false);
    expect(user.takeEvents().map(({ definition }) => definition.type)).toEqual([
      'identity.user-registered',
      'identity.verification-requested',
      'identity.user-verified',
    ]);
  });

  it('cannot be verified twice', () => {
    const user = User.register(registration, 'v1', now);
    user.verify(now);
    expect(() => user.verify(now)).toThrow(expect.objectContaining({ code: 'identity.code-expired' }));
  });

  it('is mailed once a minute while pending, and never when active', () => {
    const user = User.register(registration, 'v1', now);
    expect(user.mayBeMailed(later(59))).toBe(false);
    expect(user.mayBeMailed(later(60))).toBe(true);
    user.verify(later(60));
    expect(user.mayBeMailed(later(600))).toBe(false);
  });

  it('puts no secret into its events', () => {
    const events = JSON.stringify(User.register(registration, 'v1', now).takeEvents());
    expect(events).not.toContain('hash');
    expect(events).not.toContain('ada@example.com');
  });

  it('has a second factor at most once, and says so when it comes and goes', () => {
    const user = User.enrol(registration, 'user', now);
    user.takeEvents();
    expect(() => user.disableMfa()).toThrow(expect.objectContaining({ code: 'identity.totp-not-enrolled' }));
    user.enableMfa(now);
    expect(() => user.enableMfa(now)).toThrow(expect.objectContaining({ code: 'identity.totp-enrolled' }));
    user.disableMfa();
    expect(user.mfaEnabled).toBe(false);
    expect(user.takeEvents().map(({ definition, sequence }) => [definition.type, sequence])).toEqual([
      ['identity.mfa-enabled', 3],
      ['identity.mfa-disabled', 4],
    ]);
  });
});
