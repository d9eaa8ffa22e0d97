import '@rookery/contexts';
import { getMetadataStorage, ValidationTypes } from 'class-validator';
import { definedProblems, type FieldContext, violationsOf } from '@rookery/web';
import { undeclared } from './support/field-errors';

/** Every class with fields, by what each has told class-validator. */
const classes = (
  getMetadataStorage() as unknown as {
    validationMetadatas: Map<
      { name: string },
      { propertyName: string; type: string; context?: FieldContext }[]
    >;
  }
).validationMetadatas;

const fields = [...classes].flatMap(([{ name }, rules]) =>
  rules.map(({ propertyName, type, context }) => ({
    at: `${name}.${propertyName}`,
    type,
    field: context?.field,
  })),
);

/** Each violates another rule of some type of field. */
const VALUES = [
  undefined,
  null,
  true,
  -1e300,
  1e300,
  1.5,
  1_000_000,
  '',
  ' ',
  'x'.repeat(5_000),
  'evil.com',
  'a\u200bda',
  'a',
  'x!',
  {},
  [],
  [null],
  ['a', 'a'],
  Array.from({ length: 200 }, () => 'a'),
];

describe('The rules of the fields of all contexts', () => {
  it('are declared, with the parameters that clients get', () => {
    const seen = new Set<string>();
    const mistakes = fields.flatMap(({ at, field }) =>
      VALUES.flatMap((value) =>
        (field ? violationsOf(field, value) : []).flatMap(({ path, rule: { code }, params, sentence }) => {
          seen.add(code);
          return undeclared({ path: `${at} ${path}`, code, params, message: sentence }) ?? [];
        }),
      ),
    );
    expect(mistakes).toEqual([]);
    expect([...seen].sort()).toEqual([
      'address',
      'characters',
      'format',
      'length',
      'one-of',
      'pattern',
      'range',
      'required',
      'type',
      'unique',
    ]);
  });

  it('are all of fields, which say more than a name of a rule', () => {
    const others = fields.filter(({ type, field }) => !field && type !== ValidationTypes.NESTED_VALIDATION);
    expect(fields.length).toBeGreaterThan(100);
    expect(others).toEqual([]);
  });

  it('are those that problems name in their examples', () => {
    const mistakes = definedProblems().flatMap(({ field }) => (field && undeclared(field)) ?? []);
    expect(mistakes).toEqual([]);
  });

  it.each<[string, Parameters<typeof undeclared>[0]]>([
    ['code', { path: 'a', code: 'odd', params: {}, message: 'a is odd.' }],
    ['parameter', { path: 'a', code: 'length', params: { min: 1 }, message: 'a is short.' }],
    ['message', { path: 'a', code: 'required', params: {}, message: '' }],
  ])('are found where one has no declared %s', (_, error) => expect(undeclared(error)).toMatch(/^a has/));
});
