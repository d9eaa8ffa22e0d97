import { hostCookie, readCookie } from './cookies';

describe('a cookie', () => {
  it.each([
    ['a=1', '1'],
    ['b=2; a=1; c=3', '1'],
    [' a = 1 ', '1'],
    ['a=1=2', '1=2'],
    ['a=', ''],
    [undefined, undefined],
    ['', undefined],
    ['b=a=1', undefined],
    ['aa=1', undefined],
    ['A=1', undefined],
    ['a', undefined],
  ])('of "%s" is %s', (header, value) => {
    expect(readCookie(header, 'a')).toBe(value);
  });

  it.each(['a=1; a=2', 'a=1; a=1', 'a=1; b=2; a='])('that occurs twice is ignored: "%s"', (header) => {
    expect(readCookie(header, 'a')).toBeUndefined();
  });

  it('is for this host alone, and out of reach of scripts and of other sites', () => {
    expect(hostCookie('__Host-a', 'x', { maxAge: 60, secure: true })).toBe(
      '__Host-a=x; Max-Age=60; Path=/; HttpOnly; SameSite=Strict; Secure',
    );
    expect(hostCookie('a', '', { maxAge: 0, secure: false })).toBe(
      'a=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict',
    );
  });
});
