import { Decoy } from './decoy';

const now = new Date('2026-01-01T00:00:00Z');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000);

describe('a decoy', () => {
  it('tells the owner of the account at most once a minute', () => {
    const decoy = Decoy.create('ada@example.com', 'eve', 'user', now, later(259_200));
    expect(decoy.mayBeMailed(later(59))).toBe(false);
    expect(decoy.mayBeMailed(later(60))).toBe(true);
    decoy.repeat(later(60));
    expect(decoy.mayBeMailed(later(119))).toBe(false);
    expect(decoy.takeEvents()).toHaveLength(2);
  });

  it('holds the username that was wanted last, for as long as a registration lasts from then', () => {
    const decoy = Decoy.create('ada@example.com', 'eve', 'user', now, later(259_200));
    decoy.registerAgain('mallory', later(60), later(259_260));
    expect(decoy.snapshot()).toMatchObject({ username: 'mallory', expiresAt: later(259_260) });
  });
});
