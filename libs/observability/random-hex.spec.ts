import { randomHex } from './random-hex';

describe('Random bytes', () => {
  it('have the requested length and never repeat', () => {
    const ids = Array.from({ length: 10_000 }, () => randomHex(8));
    expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(10_000);
  });

  it('can be requested up to the size of the pool', () => {
    expect(randomHex(4_096)).toHaveLength(8_192);
  });
});
