/** Every rule that a field of a request can violate, by its code in `errors[].code`. Stable API. */
export const RULES = {
  address: 'It holds a web address, or looks like one.',
  characters:
    'It holds a character that is not allowed, such as NUL, half of a surrogate pair or a control character in a name.',
  format: 'It is not written as this kind of value is: an address, an id, a date.',
  length: 'It has too few or too many characters or items.',
  'one-of': 'It is none of the values that are allowed, or not exactly one of several fields is there.',
  pattern: 'It does not match the pattern of the field.',
  range: 'It is too small, too large, too early or too late.',
  required: 'It is missing.',
  type: 'It is of another JSON type, or null.',
  unique: 'It holds the same item twice.',
  unknown: 'The route does not know a field of that name.',
} as const;

export type RuleCode = keyof typeof RULES;

/** @returns the codes of all rules, in alphabetical order. */
export function ruleCodes(): RuleCode[] {
  return Object.keys(RULES) as RuleCode[];
}
