import { displayName, usernameCandidates } from './external-names';

const random = () => '0123456789ab';

describe('names of an external identity', () => {
  it.each([
    ['ada', 'ada'],
    ['Ada Lovelace', 'Ada-Lovelace'],
    ['Zoë', 'Zoe'],
    ['Noël', 'Noel'],
    ['--ada--', 'ada'],
    ['x'.repeat(40), 'x'.repeat(30)],
    ['evil.com', 'evil-com'],
    ['www.evil.com', 'www-evil-com'],
    ['evil.com.', 'evil-com'],
    ['10.0.0.1', '10-0-0-1'],
  ])('makes of %s the username %s first', (wish, username) => {
    expect(usernameCandidates(wish, random)[0]).toBe(username);
  });

  it.each([undefined, 'ada@example.com', '名前', 'a'])('does not publish or modify %s', (wish) => {
    expect(usernameCandidates(wish, random)[0]).toMatch(/^[a-z]+-0123456789ab$/);
  });

  it('has another when the first is taken, and none is longer than 30', () => {
    const candidates = usernameCandidates('x'.repeat(40), random);
    expect(candidates).toHaveLength(3);
    expect(Math.max(...candidates.map(({ length }) => length))).toBe(30);
  });

  it('shows the name on one line, else the username', () => {
    expect(displayName(' Ada\n Lovelace\u202e ', 'ada')).toBe('Ada Lovelace');
    expect(displayName('\u0000', 'ada')).toBe('ada');
    expect(displayName('Ada \ud83d', 'ada')).toBe('Ada');
    expect(displayName('Pay\u2028now', 'ada')).toBe('Pay now');
    expect(displayName('Win at https://evil.example', 'ada')).toBe('ada');
    expect(displayName('\u3164', 'ada')).toBe('ada');
    expect(displayName('J.R.R.Tolkien', 'ada')).toBe('J. R. R. Tolkien');
    expect(Array.from(displayName('👍'.repeat(200), 'ada'))).toHaveLength(100);
  });
});
