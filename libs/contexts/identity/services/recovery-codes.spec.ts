import { hashRecoveryCode, newRecoveryCodes } from './recovery-codes';

describe('recovery codes', () => {
  it('are ten different ones of 24 unambiguous letters', () => {
    const codes = newRecoveryCodes();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{6}-){3}[0-9A-HJKMNP-TV-Z]{6}$/);
  });

  it('use every letter alike, five bits each', () => {
    const letters = Array.from({ length: 200 }, newRecoveryCodes).join('').replaceAll(/[-,]/g, '');
    const counts = [...Map.groupBy(Array.from(letters), (letter) => letter).values()].map(
      ({ length }) => length,
    );
    expect(counts).toHaveLength(32);
    // 48,000 letters, 1,500 each; 250 is more than six standard deviations.
    for (const count of counts) expect(Math.abs(count - 1_500)).toBeLessThan(250);
  });

  it('are the same however they are typed, and different otherwise', () => {
    const hash = hashRecoveryCode('0Z1K4M-Q0RT7X-3VBN5C-9HJW1D');
    expect(hashRecoveryCode('oz1k4m q0rt7x3vbn5c 9hjwld')).toEqual(hash);
    expect(hashRecoveryCode('0Z1K4M-Q0RT7X-3VBN5C-9HJW1E')).not.toEqual(hash);
    expect(hash).toHaveLength(32);
  });
});
