import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as publicEvents from '../contract/events';
import * as internalEvents from '../events';
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

  it('has the data of its last registration', () => {
    const user = User.register(registration, 'v1', now);
    const again = { username: 'lovelace', name: 'Ada Lovelace', passwordHash: 'another hash' };
    user.registerAgain(again, 'v2', later(60));
    expect(user.snapshot()).toMatchObject({
      ...again,
      email: registration.email,
      status: 'pending',
      passwordVersion: 2,
      registeredAt: later(60),
      verificationRequestedAt: later(60),
    });
    expect(user.takeEvents().slice(2)).toMatchObject([
      {
        definition: { type: 'identity.user-registered' },
        data: { username: 'lovelace', name: 'Ada Lovelace' },
      },
      { definition: { type: 'identity.verification-requested' }, data: { verificationId: 'v2' } },
    ]);
  });

  it('has no password once verified when it was registered with several', () => {
    const user = User.register(registration, 'v1', now);
    user.registerAgain({ ...registration, passwordHash: 'another hash' }, 'v2', later(5));
    user.registerAgain(registration, 'v3', later(6));
    user.verify(later(60));
    expect(user.snapshot()).toMatchObject({ passwordHash: '', passwordVersion: 4 });
    user.resetPassword('own hash', later(90));
    expect(user.snapshot()).toMatchObject({ passwordHash: 'own hash', contested: false });
  });

  it('keeps the password that a reset sets, though it was registered with several', () => {
    const user = User.register(registration, 'v1', now);
    user.registerAgain({ ...registration, passwordHash: 'another hash' }, 'v2', later(5));
    user.resetPassword('own hash', later(60));
    expect(user.snapshot()).toMatchObject({ passwordHash: 'own hash', status: 'active' });
  });

  it('keeps its password when it was registered with that one again', () => {
    const user = User.register(registration, 'v1', now);
    user.registerAgain({ ...registration, username: 'lovelace' }, 'v2', later(60));
    user.verify(later(65));
    expect(user.snapshot()).toMatchObject({ passwordHash: 'hash', username: 'lovelace' });
  });

  it('is confirmed by its newest mail alone, while it is pending', () => {
    const user = User.register(registration, 'v1', now);
    expect(user.isConfirmedBy('v1')).toBe(true);
    user.requestVerification('v2', later(60));
    expect([user.isConfirmedBy('v1'), user.isConfirmedBy('v2')]).toEqual([false, true]);
    user.verify(later(65));
    expect(user.isConfirmedBy('v2')).toBe(false);
  });

  it('cannot be verified twice', () => {
    const user = User.register(registration, 'v1', now);
    user.verify(now);
    expect(() => user.verify(now)).toThrow(expect.objectContaining({ code: 'identity.code-expired' }));
  });

  it('gets a mail once a minute while pending, and none when active', () => {
    const user = User.register(registration, 'v1', now);
    expect(user.mayBeMailed(later(59))).toBe(false);
    expect(user.mayBeMailed(later(60))).toBe(true);
    user.verify(later(60));
    expect(user.mayBeMailed(later(600))).toBe(false);
  });

  it('gets no password reset link after its deletion', () => {
    const user = User.enroll(registration, 'user', now);
    user.delete(later(60), true);
    expect(user.mayBeSentReset(later(600))).toBe(false);
  });

  it('is not deleted when it is the last admin', () => {
    const user = User.enroll(registration, 'admin', now);
    expect(() => user.delete(later(60), false)).toThrow(
      expect.objectContaining({ code: 'identity.last-admin' }),
    );
    expect(user.deleted).toBe(false);
    user.delete(later(60), true);
    expect(user.deleted).toBe(true);
  });

  it('is sent a link to reset the password once a minute, pending or active', () => {
    const user = User.register(registration, 'v1', now);
    expect(user.mayBeSentReset(now)).toBe(true);
    user.requestPasswordReset('r1', now);
    expect(user.mayBeSentReset(later(59))).toBe(false);
    expect(user.mayBeSentReset(later(60))).toBe(true);
  });

  it('is verified by a password reset with a link, but not by a password change', () => {
    const [reset, changed] = [User.register(registration, 'v1', now), User.register(registration, 'v1', now)];
    reset.resetPassword('other hash', later(5));
    changed.changePassword('other hash', 'session');
    expect([reset.pending, changed.pending]).toEqual([false, true]);
    expect(reset.snapshot()).toMatchObject({
      passwordHash: 'other hash',
      passwordVersion: 2,
      verifiedAt: later(5),
    });
    expect(reset.takeEvents().map(({ definition }) => definition.type)).toEqual([
      'identity.user-registered',
      'identity.verification-requested',
      'identity.password-changed',
      'identity.user-verified',
    ]);
    expect(JSON.stringify(changed.takeEvents())).not.toContain('other hash');
  });

  it('puts no secret into its events', () => {
    const events = JSON.stringify(User.register(registration, 'v1', now).takeEvents());
    expect(events).not.toContain('hash');
    expect(events).not.toContain('ada@example.com');
  });

  it('keeps the last admin an admin', () => {
    const admin = User.enroll(registration, 'admin', now);
    expect(() => admin.assignRole('user', false)).toThrow(
      expect.objectContaining({ code: 'identity.last-admin' }),
    );
    expect(admin.role).toBe('admin');
    admin.assignRole('moderator', true);
    expect(admin.role).toBe('moderator');
  });

  it('has a new version only when its names have changed', () => {
    const user = User.register(registration, 'v1', now);
    const { version } = user;
    expect(user.updateProfile({})).toBe(false);
    expect(user.updateProfile({ name: 'Ada', username: 'ada', bio: '' })).toBe(false);
    expect(user.version).toBe(version);
    expect(user.updateProfile({ name: 'Ada King' })).toBe(true);
    expect(user.snapshot()).toMatchObject({ username: 'ada', name: 'Ada King', version: version + 1 });
  });

  it('has a profile whose version follows names and bio alone', () => {
    const user = User.enroll(registration, 'user', now);
    user.enableMfa(now);
    user.changePassword('other hash', null);
    user.assignRole('moderator', true);
    expect(user.profileVersion).toBe(1);
    user.updateProfile({ name: 'Ada King', bio: 'Countess.' });
    expect(user.profileVersion).toBe(2);
  });

  it('has at most one second factor, and raises events when it is added and removed', () => {
    const user = User.enroll(registration, 'user', now);
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

  describe('others see', () => {
    const acts: [string, (user: User) => unknown][] = [
      ['a new name', (user) => user.updateProfile({ name: 'Ada King' })],
      ['a new bio', (user) => user.updateProfile({ bio: 'Countess.' })],
      ['a new avatar', (user) => user.updateProfile({ avatarMediaKey: 'key' })],
      ['its deletion', (user) => user.delete(later(60), true)],
    ];
    const hidden: [string, (user: User) => unknown][] = [
      ['a second factor', (user) => user.enableMfa(now)],
      ['a removed second factor', (user) => (user.enableMfa(now), user.disableMfa())],
      ['a new password', (user) => user.changePassword('other hash', null)],
      ['a requested reset', (user) => user.requestPasswordReset('r1', now)],
      ['a reset password', (user) => user.resetPassword('other hash', now)],
      ['a new role', (user) => user.assignRole('moderator', true)],
      ['a requested address', (user) => user.requestEmailChange('c1')],
      ['a new address', (user) => user.changeEmail('new@example.com', 'c1')],
      ['an earlier address', (user) => user.undoEmailChange('old@example.com', 'c1', now)],
      ['an external identity', (user) => user.linkExternal('https://issuer.example')],
    ];
    const ofPending: [string, (user: User) => unknown][] = [
      ['another registration', (user) => user.registerAgain(registration, 'v2', now)],
      ['its verification', (user) => user.verify(now)],
      ['its cancellation', (user) => user.cancelRegistration('not-verified-in-time')],
    ];
    const eventsOf = (user: User) => user.takeEvents().map(({ definition }) => definition);
    const changed = (user: User, act: (user: User) => unknown) => {
      const loaded = new User({ ...user.snapshot() });
      act(loaded);
      return loaded;
    };
    const change = (act: (user: User) => unknown) => changed(User.enroll(registration, 'user', now), act);
    const changePending = (act: (user: User) => unknown) =>
      changed(User.register(registration, 'v1', now), act);
    const isShown = (definition: unknown) => internalEvents.profileEvents.includes(definition as never);

    it.each(acts)('%s, which removes it from the cache', (_, act) => {
      const user = change(act);
      expect(user.profileChanged).toBe(true);
      expect(eventsOf(user).some((definition) => isShown(definition))).toBe(true);
    });

    it.each(hidden)('nothing of %s', (_, act) => {
      const user = change(act);
      expect(user.profileChanged).toBe(false);
      expect(eventsOf(user).filter((definition) => isShown(definition))).toEqual([]);
    });

    it.each(ofPending)('nothing of %s, because the account is pending', (_, act) => {
      const user = changePending(act);
      expect(user.profileChanged).toBe(false);
      expect(eventsOf(user).filter((definition) => isShown(definition))).toEqual([]);
    });

    it('something or nothing of each event', () => {
      const source = readFileSync(join(__dirname, 'user.ts'), 'utf8');
      const raised = [...source.matchAll(/\.raise\((\w+)/g)].map(([, name]) => name!);
      const definitions = { ...publicEvents, ...internalEvents } as Record<string, unknown>;
      const known = new Set<unknown>([
        publicEvents.UserErased, // raised when it is removed
        ...[...acts, ...hidden].flatMap(([, act]) => eventsOf(change(act))),
        ...ofPending.flatMap(([, act]) => eventsOf(changePending(act))),
      ]);
      expect(raised.filter((name) => !known.has(definitions[name]))).toEqual([]);
    });
  });
});
