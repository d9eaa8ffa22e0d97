import { randomHex } from './random-hex';

describe('Random bytes', () => {
  it('come in the number asked for, and never the same', () => {
    const ids = Array.from({ length: 10_000 }, () => randomHex(8));
    expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(10_000);
  });

  it('may be as many as the pool has connections', () => {
    expect(randomHex(4_096)).toHaveLength(8_192);
  });
});
