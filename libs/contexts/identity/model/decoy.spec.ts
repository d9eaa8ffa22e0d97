import { Decoy } from './decoy';

const now = new Date('2026-01-01T00:00:00Z');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000);

const wanted = { username: 'eve', name: 'Eve', passwordHash: 'hash' };

describe('a decoy', () => {
  it('notifies the owner of the account at most once a minute', () => {
    const decoy = Decoy.create('ada@example.com', wanted, 'user', now, later(259_200));
    expect(decoy.mayBeMailed(later(59))).toBe(false);
    expect(decoy.mayBeMailed(later(60))).toBe(true);
    decoy.repeat(later(60));
    expect(decoy.mayBeMailed(later(119))).toBe(false);
    expect(decoy.takeEvents()).toHaveLength(2);
  });

  it('has the data of the last registration, for the lifetime of a registration from then on', () => {
    const decoy = Decoy.create('ada@example.com', wanted, 'user', now, later(259_200));
    const last = { username: 'mallory', name: 'Mallory', passwordHash: 'another hash' };
    expect([decoy.isRegisteredAs(wanted), decoy.isRegisteredAs(last)]).toEqual([true, false]);
    decoy.registerAgain(last, later(5), later(259_205));
    expect(decoy.snapshot()).toMatchObject({ ...last, expiresAt: later(259_205) });
    expect([decoy.isRegisteredAs(wanted), decoy.isRegisteredAs(last)]).toEqual([false, true]);
  });
});
