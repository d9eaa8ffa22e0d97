import fc from 'fast-check';
import { canonicalJson, canonicalPieces } from './canonical-json';

/** The same value, with the members of its objects in reverse order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reversed(member)]),
  );
}

describe('Canonical JSON', () => {
  it('does not depend on the order of members, at any depth', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) =>
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value)),
      ),
    );
  });

  it('says the same as the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) =>
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value))),
      ),
    );
  });

  it('distinguishes values, and no body from null', () => {
    const texts = [[1, 2], [2, 1], ['1', 2], { a: 1 }, { a: '1' }, {}, [], null, undefined, 'null', ''].map(
      canonicalJson,
    );
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('is the same in pieces', async () => {
    const joined = async (value: unknown) => {
      let text = '';
      for await (const piece of canonicalPieces(value)) text += piece;
      return text;
    };
    for (const value of [
      '',
      'title\r\n"a"',
      '😀'.repeat(70_000),
      `x${'😀'.repeat(70_000)}`,
      { a: [1] },
      null,
      undefined,
    ])
      expect(await joined(value)).toBe(canonicalJson(value));
  });

  it('of a file lets other requests run in between', async () => {
    let turns = 0;
    let next: NodeJS.Immediate;
    const count = () => {
      turns += 1;
      next = setImmediate(count);
    };
    next = setImmediate(count);
    let length = 0;
    for await (const piece of canonicalPieces('\u0001'.repeat(10_000_000))) length += piece.length;
    clearImmediate(next);
    expect(length).toBe(60_000_002);
    expect(turns).toBeGreaterThan(100);
  });
});
