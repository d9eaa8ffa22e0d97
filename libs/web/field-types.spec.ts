import { Rules } from '@rookery/domain';
import * as kinds from './field-types';
import type { FieldType } from './field-types';

const codes = (kind: FieldType, value: unknown) =>
  kind.check(value).map(({ path, rule: { code } }) => (path ? `${path} ${code}` : code));

describe('A text', () => {
  const text = kinds.text({ min: 2, max: 4 });

  it('is counted in characters, not in UTF-16 units', () => {
    expect(codes(text, '🔥🔥🔥🔥')).toEqual([]);
    expect(codes(text, '🔥🔥🔥🔥🔥')).toEqual(['length']);
    expect(codes(text, '🔥')).toEqual(['length']);
  });

  it.each([
    ['a', ['length']],
    ['ab', []],
    ['abcd', []],
    ['abcde', ['length']],
    ['', ['length']],
    [7, ['type']],
    [['ab'], ['type']],
    [{}, ['type']],
  ])('of 2 to 4 characters: %j breaks %j', (value, violation) =>
    expect(codes(text, value)).toEqual(violation),
  );

  it('is rejected if empty, unless allowed', () => {
    expect(codes(kinds.text({ max: 3 }), '')).toEqual(['length']);
    expect(codes(kinds.text({ min: 0, max: 3 }), '')).toEqual([]);
  });

  it('that is trimmed has the same minimum length in its schema', () => {
    const titles = kinds.text({ max: 9, trim: true });
    const names = kinds.text({ min: 3, max: 9, trim: true });
    const fits = ({ schema }: FieldType, value: string) =>
      new RegExp(schema.pattern as string, 'u').test(value);
    expect([' \u2003\n', ' a '].map((value) => fits(titles, value))).toEqual([false, true]);
    expect(['  a b  ', ' ab '].map((value) => fits(names, value))).toEqual([true, false]);
    expect(kinds.text({ min: 0, max: 9, trim: true }).schema).not.toHaveProperty('pattern');
  });

  it('says in words what its pattern means', () => {
    const slug = kinds.text({
      max: 9,
      pattern: /^[a-z]+$/,
      patternRule: 'must consist of lower-case letters',
    });
    expect(slug.check('A')).toEqual([
      {
        path: '',
        rule: Rules.pattern,
        params: { pattern: '^[a-z]+$' },
        sentence: 'must consist of lower-case letters',
      },
    ]);
    expect(slug.schema).toMatchObject({ minLength: 1, maxLength: 9, pattern: '^[a-z]+$' });
  });
});

describe.each<[string, FieldType, unknown[], unknown[]]>([
  [
    'A name',
    kinds.displayName({ max: 40 }),
    [
      'Ada Lovelace',
      'J. R. R. Tolkien',
      'Dr. Zoë O’Neill-Šimić, 3rd',
      '山田 太郎',
      'محمد',
      '👍🏽 v2.0',
      'Ada ❤\ufe0f #\ufe0f',
      'Ada... so what',
      'A/B & Co.',
    ],
    [
      'Ada\nPay now',
      'Ada\tL',
      'Ada\u2028L',
      'Ada\u202egnp',
      'A\u200bda',
      'A\u0085da',
      '\ud800',
      ...['\u3164', '\u115f', '\u2800', '\u034f', '\u17b4', '\ufe0f', '\u{e0100}'].flatMap((blank) => [
        blank,
        `A${blank}da`,
      ]),
      'see https://evil.example',
      'www.evil',
      'evil.com',
      'Evil.Example/login',
      'ada@evil.org',
      'evil。com',
      'evil．com',
      '💩.la',
      'evil\u0308\u0323.com',
      '10.0.0.1',
      '',
      'x'.repeat(41),
      5,
    ],
  ],
  [
    'A username',
    kinds.username({ min: 3, max: 30, pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/ }),
    ['ada', 'ada.lovelace', 'ada.l', 'ada.l.', 'v2.0', 'com'],
    ['evil.com', 'EVIL.COM', 'evil.com.', 'evil.com-', 'www.evil', 'sub.evil.io', '10.0.0.1', 'a b', 'ab', 5],
  ],
  [
    'An e-mail address',
    kinds.email(),
    ['a@b.example'],
    ['a', 'a@b', '@b.example', 5, `${'a'.repeat(250)}@b.example`],
  ],
  [
    'A UUID',
    kinds.uuid(),
    [
      '01930000-0000-7000-8000-000000000001',
      '01930000-0000-7000-8000-00000000000A',
      '01930000-0000-f000-0000-000000000001',
    ],
    ['', 'x', '01930000000070008000000000000001', '01930000-0000-7000-8000-000000000001 ', 1],
  ],
  [
    'An address',
    kinds.url(),
    ['https://a.example/x?y#z', 'http://localhost:3000', 'http://[::1]/', 'HTTPS://A_B.example'],
    [
      'javascript:alert(1)',
      'ftp://a',
      'a.example',
      'http://',
      'http://a/b c',
      1,
      `http://a/${'b'.repeat(2048)}`,
    ],
  ],
  [
    'A whole number from 1 to 9',
    kinds.integer({ min: 1, max: 9 }),
    [1, 9],
    [0, 10, 1.5, '1', NaN, Infinity, 1e300],
  ],
  ['A number of at least 0', kinds.number({ min: 0 }), [0, 0.5], [-0.1, '0', NaN, Infinity]],
  ['A boolean', kinds.boolean(), [true, false], ['true', 0, 1]],
  ['A choice', kinds.oneOf(['low', 'high']), ['low', 'high'], ['LOW', '', 1, 'toString']],
  [
    'An instant',
    kinds.dateTime(),
    ['2026-11-21T09:00:00Z', '2024-02-29T23:59:59.123+05:30', '2026-01-01T00:00:00-23:59'],
    [
      '2026-11-21',
      '2026-11-21T09:00:00',
      '2026-02-29T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-11-21T24:00:00Z',
      '0000-01-01T00:00:00Z',
      '0001-01-01T00:00:00+00:01',
      '9999-12-31T23:59:59-00:01',
      5,
    ],
  ],
  [
    'A day',
    kinds.date(),
    ['2026-11-21', '2024-02-29'],
    ['2026-02-29', '2026-00-10', '2026-1-1', '0000-01-01', 5],
  ],
  ['An object', kinds.object(() => Object), [{}], [[], 'x', 1]],
  [
    'A list of at most two',
    kinds.list(kinds.boolean(), { max: 2 }),
    [[], [true, false]],
    [[true, true, true], 'x', {}],
  ],
])('%s', (_, kind, good, bad) => {
  it.each(good.map((value) => [value]))('may be %j', (value) => expect(codes(kind, value)).toEqual([]));
  it.each(bad.map((value) => [value]))('may not be %j', (value) =>
    expect(codes(kind, value)).not.toEqual([]),
  );
});

describe('An instant', () => {
  it.each([
    ['2026-01-01T00:00:00-23:59', '2026-01-01T23:59:00.000Z'],
    ['2024-02-29T23:59:59.123456789+05:30', '2024-02-29T18:29:59.123Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59-01:00', '9999-12-31T23:59:59-01:00'],
    ['tomorrow', 'tomorrow'],
  ])('of a request is converted for PostgreSQL: %s', (value, instant) =>
    expect(kinds.dateTime().clean!(value)).toBe(instant),
  );
});

describe('A list', () => {
  it('names the items that violate a rule', () => {
    const tags = kinds.list(kinds.text({ max: 2 }), { max: 5 });
    expect(codes(tags, ['ok', 'long', null, 3])).toEqual(['1 length', '2 type', '3 type']);
  });

  it('can refuse an item that comes twice', () => {
    const tags = kinds.list(kinds.text({ max: 2 }), { max: 5, unique: true });
    expect(codes(tags, ['a', 'b', 'a'])).toEqual(['unique']);
    expect(codes(tags, ['a', 'b'])).toEqual([]);
  });
});

describe('In a query', () => {
  it.each<[string, FieldType, string | string[], unknown]>([
    ['a whole number', kinds.integer(), '-12', -12],
    ['what is no whole number', kinds.integer(), '12a', '12a'],
    ['hexadecimal', kinds.integer(), '0x10', '0x10'],
    ['an empty number', kinds.integer(), '', ''],
    ['a number', kinds.number(), '1.5', 1.5],
    ['true', kinds.boolean(), 'true', true],
    ['false', kinds.boolean(), 'false', false],
    ['what is no boolean', kinds.boolean(), '1', '1'],
    ['a list with commas', kinds.list(kinds.integer(), { max: 3 }), '1,2', [1, 2]],
    ['a parameter that repeats', kinds.list(kinds.integer(), { max: 3 }), ['1', '2'], [1, 2]],
    ['an instant', kinds.dateTime(), '2026-11-21T09:00:00+01:00', '2026-11-21T09:00:00+01:00'],
    ['an instant by hand', kinds.dateTime(), '2026-11-21 09:00:00', '2026-11-21T09:00:00Z'],
    ['a list that is too long', kinds.list(kinds.integer(), { max: 2 }), '1,2,3,4', [1, 2, 3]],
    ['one that repeats too often', kinds.list(kinds.integer(), { max: 1 }), ['1', '2', '3'], [1, 2]],
    ['an empty list', kinds.list(kinds.integer(), { max: 3 }), '', []],
  ])('%s is converted to its type', (_, kind, text, value) => expect(kind.fromQuery!(text)).toEqual(value));
});
