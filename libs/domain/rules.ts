import { z } from 'zod';

/** A rule that a field of a request can violate, declared once: thrown anywhere, documented by the web layer. */
export interface RuleDefinition<Params extends z.ZodObject = z.ZodObject> {
  /** kebab-case. Stable API: `errors[].code`. */
  readonly code: string;
  /** One sentence about the value: "It is missing." */
  readonly meaning: string;
  /** Values that a client needs to state the rule in another language: `errors[].params`. */
  readonly params: Params;
}

const definitions = new Map<string, RuleDefinition>();

/**
 * Declares a rule of fields.
 *
 * @param params the values that the rule is about, each with a description; none by default
 * @throws Error if the code is already declared or malformed
 */
export function defineRule<Shape extends z.ZodRawShape = Record<string, never>>(
  code: string,
  meaning: string,
  params: Shape = {} as Shape,
): RuleDefinition<z.ZodObject<Shape, z.core.$strict>> {
  if (!/^[a-z]+(-[a-z]+)*$/.test(code)) throw new Error(`Rule "${code}" must be in kebab-case.`);
  if (definitions.has(code)) throw new Error(`Rule ${code} is defined twice.`);
  const definition = { code, meaning, params: z.strictObject(params) };
  definitions.set(code, definition);
  return definition;
}

/** @returns every declared rule, by code. */
export function definedRules(): readonly RuleDefinition[] {
  return [...definitions.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** JSON types of values, as JSON Schema names them. */
export type JsonType = 'array' | 'boolean' | 'integer' | 'number' | 'object' | 'string';

/** @returns a parameter with one of some values. Models declare their rules without a library. */
export function oneOfParam<Value extends string>(
  values: readonly [Value, ...Value[]],
  description: string,
): z.ZodType<Value, Value> {
  return z.enum(values).describe(description);
}

const limit = (description: string) => z.union([z.number(), z.string()]).optional().describe(description);

/** The general rules of values. Contexts declare their own rules with {@link defineRule}. */
export const Rules = {
  address: defineRule('address', 'It contains a web address, or text that looks like one.'),
  characters: defineRule(
    'characters',
    'It contains a character that is not allowed, such as NUL, half of a surrogate pair or a control character in a name.',
  ),
  custom: defineRule('custom', 'It violates a rule that only this field has.', {
    rule: z.string().describe('Name of the rule.'),
  }),
  format: defineRule(
    'format',
    'It does not have the required format, such as an e-mail address, an id or a date.',
    {
      format: z
        .string()
        .describe(
          'Required format: `email`, `uuid`, `uri`, `date`, `date-time`, `language-tag`, `time-zone`.',
        ),
    },
  ),
  length: defineRule('length', 'It has too few or too many characters or items.', {
    min: z.int().describe('Minimum, inclusive.'),
    max: z.int().describe('Maximum, inclusive.'),
    unit: z.enum(['characters', 'items']).describe('What is counted. Characters are Unicode code points.'),
  }),
  oneOf: defineRule(
    'one-of',
    'It is not one of the allowed values, or the request does not have exactly one of several fields.',
    {
      values: z.array(z.string()).optional().describe('The allowed values, if they are known.'),
      fields: z.array(z.string()).optional().describe('The fields of which exactly one must be present.'),
    },
  ),
  pattern: defineRule('pattern', 'It does not match the pattern of the field.', {
    pattern: z.string().describe('The regular expression (ECMA-262).'),
  }),
  range: defineRule('range', 'It is too small, too large, too early or too late.', {
    min: limit('Minimum, inclusive: a number, or a timestamp.'),
    max: limit('Maximum, inclusive: a number, or a timestamp.'),
  }),
  required: defineRule('required', 'It is missing.'),
  taken: defineRule('taken', 'Somebody else already uses it.'),
  type: defineRule('type', 'It has the wrong JSON type, or is null.', {
    expected: z
      .enum(['array', 'boolean', 'integer', 'number', 'object', 'string'])
      .describe('The JSON type that it must have.'),
  }),
  unique: defineRule('unique', 'It contains the same item twice.'),
  unknown: defineRule('unknown', 'The route has no field with this name.'),
  wrong: defineRule('wrong', 'It is not correct, such as a wrong password or code.'),
} as const;

/**
 * One violated rule of one field, as clients get it in `errors[]`. {@link FieldError.of} is the only way to create one,
 * so that each has a declared code and its parameters.
 */
export class FieldError {
  declare private readonly nominal: never;

  private constructor(
    /** Dotted path from the root of the body or query: `items.0.name`; empty for the whole; or the name of a header. */
    readonly path: string,
    readonly code: string,
    readonly params: Readonly<Record<string, unknown>>,
    /** Message for people. */
    readonly message: string,
  ) {}

  /**
   * @param rule that is violated
   * @param path of the field: `items.0.name`
   * @param params of this case
   * @param message a sentence for people
   */
  static of<Params extends z.ZodObject>(
    rule: RuleDefinition<Params>,
    path: string,
    params: z.input<Params>,
    message: string,
  ): FieldError {
    return new FieldError(path, rule.code, params, message);
  }
}
