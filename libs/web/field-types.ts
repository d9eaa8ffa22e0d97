import { type ApiPropertyOptions, getSchemaPath } from '@nestjs/swagger';
import {
  hasUnseenCharacters,
  hasWebAddress,
  isLikeDomain,
  type JsonType,
  type RuleDefinition,
  Rules,
} from '@rookery/domain';
import { isEmail, isURL, isUUID } from 'class-validator';
import type { z } from 'zod';
import { declareChoice } from './schemas';

/** A rule that a value violates, without the name of the field. */
export interface Violation {
  /** Where inside the value: empty for the value itself, `2` for an item of a list. */
  path: string;
  rule: RuleDefinition;
  params: Record<string, unknown>;
  /** `must be 1 to 100 characters long`: a sentence after the field's name. */
  sentence: string;
}

/** The type of a field: its validation rules and its schema, from one declaration. */
export interface FieldType {
  readonly schema: ApiPropertyOptions & Record<string, unknown>;
  readonly jsonType: JsonType;
  /** @returns the rules that a present, non-null value violates. */
  check(value: unknown): Violation[];
  /** Normalizes a value before it is validated. */
  clean?(value: unknown): unknown;
  /** Converts the value from a query string; returns an unparsable value unchanged, so that `check` rejects it. */
  fromQuery?(value: string | string[]): unknown;
  /** Class of the object, or of the objects in the list. */
  nested?: () => new () => object;
}

/** Limits of a text. */
export interface TextLimits {
  /** Minimum number of characters; default 1, so that an empty text is rejected. */
  min?: number;
  /** Maximum number of characters: Unicode code points, as JSON Schema and PostgreSQL count, not UTF-16 units. */
  max: number;
  pattern?: RegExp;
  /** Description of `pattern`: `must consist of lower-case letters`. */
  patternRule?: string;
  /** Trims white space before validation. */
  trim?: boolean;
}

const VALID: Violation[] = [];

function violation<Params extends z.ZodObject>(
  rule: RuleDefinition<Params>,
  params: z.input<Params>,
  sentence: string,
): Violation[] {
  return [{ path: '', rule, params, sentence }];
}

/** @returns the violation for a value with the wrong JSON type. */
export function wrongType(expected: JsonType, sentence: string): Violation[] {
  return violation(Rules.type, { expected }, sentence);
}

/** @returns the violation for a missing field. */
export function missing(): Violation[] {
  return violation(Rules.required, {}, 'is required');
}

/**
 * Text; `request-values.ts` has already checked that it can be stored.
 *
 * @param limits length in characters and pattern
 */
export function text({ min = 1, max, pattern, patternRule, trim }: TextLimits): FieldType {
  const length = min === max ? `exactly ${max}` : min > 0 ? `${min} to ${max}` : `at most ${max}`;
  // The schema too requires the minimum length after trimming.
  const trimmed = min > 1 ? `\\S[\\s\\S]{${min - 2},}\\S` : '\\S';
  const shown = pattern?.source ?? (trim && min > 0 ? trimmed : undefined);
  return {
    jsonType: 'string',
    schema: { type: 'string', minLength: min, maxLength: max, ...(shown && { pattern: shown }) },
    ...(trim && { clean: (value) => (typeof value === 'string' ? value.trim() : value) }),
    check(value) {
      if (typeof value !== 'string') return wrongType('string', 'must be a string');
      if (!hasLength(value, min, max)) {
        return violation(Rules.length, { min, max, unit: 'characters' }, `must be ${length} characters long`);
      }
      if (pattern && !pattern.test(value)) {
        return violation(
          Rules.pattern,
          { pattern: pattern.source },
          patternRule ?? `must match the pattern ${pattern.source}`,
        );
      }
      return VALID;
    },
  };
}

function hasLength(value: string, min: number, max: number): boolean {
  // A character has one or two UTF-16 units, so most texts need no counting.
  if (value.length > 2 * max || value.length < min) return false;
  if (value.length <= max && value.length >= 2 * min) return true;
  let characters = 0;
  for (const _ of value) characters += 1;
  return characters >= min && characters <= max;
}

/**
 * A display name that others see, on a page or in a mail that we send: one line of visible text without line breaks,
 * control and formatting characters and web addresses, so that nobody can put messages into our mails. Trimmed.
 */
export function displayName({ max }: Pick<TextLimits, 'max'>): FieldType {
  const base = text({ max, trim: true });
  return {
    ...base,
    check(value) {
      const errors = base.check(value);
      if (errors.length > 0) return errors;
      if (hasUnseenCharacters(value as string)) {
        return violation(
          Rules.characters,
          {},
          'must be one line of visible text without control and formatting characters',
        );
      }
      return hasWebAddress(value as string)
        ? violation(Rules.address, {}, 'must not contain a web address; put a space after each period')
        : VALID;
    },
  };
}

/** A unique name without spaces: a text with a pattern that no program turns into a link. */
export function username(limits: TextLimits): FieldType {
  const base = text(limits);
  return {
    ...base,
    check(value) {
      const errors = base.check(value);
      if (errors.length > 0) return errors;
      return isLikeDomain(value as string)
        ? violation(Rules.address, {}, 'must not look like a web address')
        : VALID;
    },
  };
}

/** An e-mail address of at most 254 characters (RFC 5321 §4.5.3.1), trimmed and converted to lower case. */
export function email(): FieldType {
  return {
    jsonType: 'string',
    schema: { type: 'string', format: 'email', maxLength: 254 },
    clean: (value) => (typeof value === 'string' ? value.trim().toLowerCase() : value),
    check: (value) =>
      typeof value === 'string' && value.length <= 254 && isEmail(value)
        ? VALID
        : violation(Rules.format, { format: 'email' }, 'must be an e-mail address'),
  };
}

/** @returns whether the text is a UUID of any version and variant (RFC 9562), as PostgreSQL reads them. */
export function isUuid(value: unknown): value is string {
  return isUUID(value, 'loose');
}

/** A UUID of any version, converted to lower case, as PostgreSQL returns it. */
export function uuid(): FieldType {
  return {
    jsonType: 'string',
    schema: { type: 'string', format: 'uuid' },
    clean: (value) => (typeof value === 'string' ? value.toLowerCase() : value),
    check: (value) => (isUuid(value) ? VALID : violation(Rules.format, { format: 'uuid' }, 'must be a UUID')),
  };
}

/** Hosts in a local network have names without a dot. */
const HTTP_URL = {
  protocols: ['http', 'https'],
  require_protocol: true,
  require_tld: false,
  allow_underscores: true,
};

/** An absolute http or https URL of at most 2048 characters. */
export function url(): FieldType {
  return {
    jsonType: 'string',
    schema: { type: 'string', format: 'uri', maxLength: 2048 },
    check(value) {
      const good = typeof value === 'string' && value.length <= 2048 && isURL(value, HTTP_URL);
      return good ? VALID : violation(Rules.format, { format: 'uri' }, 'must be an http or https URL');
    },
  };
}

/** An integer within inclusive limits. */
export function integer({ min, max }: { min?: number; max?: number } = {}): FieldType {
  return {
    jsonType: 'integer',
    schema: {
      type: 'integer',
      ...(min !== undefined && { minimum: min }),
      ...(max !== undefined && { maximum: max }),
    },
    fromQuery: (value) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value),
    check(value) {
      if (!Number.isSafeInteger(value)) return wrongType('integer', 'must be an integer');
      return withinRange(value as number, min, max);
    },
  };
}

/** A number within inclusive limits. */
export function number({ min, max }: { min?: number; max?: number } = {}): FieldType {
  return {
    jsonType: 'number',
    schema: {
      type: 'number',
      ...(min !== undefined && { minimum: min }),
      ...(max !== undefined && { maximum: max }),
    },
    fromQuery: (value) =>
      typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : value,
    check(value) {
      if (typeof value !== 'number' || !Number.isFinite(value))
        return wrongType('number', 'must be a number');
      return withinRange(value, min, max);
    },
  };
}

function withinRange(value: number, min?: number, max?: number): Violation[] {
  const low = min !== undefined && value < min;
  const high = max !== undefined && value > max;
  if (!low && !high) return VALID;
  if (min !== undefined && max !== undefined)
    return violation(Rules.range, { min, max }, `must be from ${min} to ${max}`);
  return low
    ? violation(Rules.range, { min }, `must be at least ${min}`)
    : violation(Rules.range, { max }, `must be at most ${max}`);
}

/** `true` or `false`. */
export function boolean(): FieldType {
  return {
    jsonType: 'boolean',
    schema: { type: 'boolean' },
    fromQuery: (value) => (value === 'true' ? true : value === 'false' ? false : value),
    check: (value) => (typeof value === 'boolean' ? VALID : wrongType('boolean', 'must be true or false')),
  };
}

/**
 * One of a list of texts.
 *
 * @param values the texts
 * @param name of the schema in the API description, if several fields share it
 */
export function oneOf(values: readonly string[], name?: string): FieldType {
  if (name) declareChoice(name, values);
  return {
    jsonType: 'string',
    schema: {
      type: 'string',
      enum: [...values],
      ...(name && { enumName: name, enumSchema: { description: `One of ${values.join(', ')}.` } }),
    },
    check: (value) =>
      typeof value === 'string' && values.includes(value)
        ? VALID
        : violation(Rules.oneOf, { values: [...values] }, `must be one of ${values.join(', ')}`),
  };
}

/**
 * Text of at most `max` characters whose valid values are rows in the database.
 *
 * @param values built-in values, for the API description
 */
export function known(values: readonly string[], { name, max }: { name: string; max: number }): FieldType {
  return { ...text({ max }), schema: oneOf(values, name).schema };
}

/** Name of {@link scope} in the API description. */
export const SCOPE = 'Scope';

/**
 * A scope of an API key: `read`, `write` or a permission. The API description lists the permissions that routes
 * require.
 */
export function scope(): FieldType {
  return { ...text({ max: 50 }), schema: { $ref: `#/components/schemas/${SCOPE}` } };
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/**
 * A timestamp with an offset (RFC 3339 `date-time`). In a request it becomes a text in UTC with milliseconds, because
 * PostgreSQL supports no offset beyond ±15:59 and no year 10000; a response may use a `Date`. A query may also contain
 * the form `2026-11-21 09:00:00`, which means UTC.
 */
export function dateTime(): FieldType {
  return {
    jsonType: 'string',
    schema: { type: 'string', format: 'date-time' },
    clean: (value) => inUtc(value) ?? value,
    fromQuery: (value) =>
      typeof value === 'string'
        ? value.replace(/^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})$/, '$1T$2Z')
        : value,
    check: (value) =>
      inUtc(value) === undefined
        ? violation(
            Rules.format,
            { format: 'date-time' },
            'must be a date and time with an offset, such as 2026-11-21T09:00:00.000Z',
          )
        : VALID,
  };
}

/** @returns the timestamp as a text in UTC; undefined if it is invalid, or not in the years 1 to 9999 in UTC. */
function inUtc(value: unknown): string | undefined {
  const parts = typeof value === 'string' ? DATE_TIME.exec(value) : null;
  if (!parts || !isCalendarDay(parts[1]!)) return undefined;
  const instant = new Date(parts[0]);
  const year = instant.getUTCFullYear();
  return year >= 1 && year <= 9999 ? instant.toISOString() : undefined;
}

/** A calendar date (RFC 3339 `full-date`). */
export function date(): FieldType {
  return {
    jsonType: 'string',
    schema: { type: 'string', format: 'date' },
    check: (value) =>
      typeof value === 'string' && DATE.test(value) && isCalendarDay(value)
        ? VALID
        : violation(Rules.format, { format: 'date' }, 'must be a date such as 2026-11-21'),
  };
}

/** 30 February is parsed as 1 or 2 March, hence the round trip. PostgreSQL has no year 0. */
function isCalendarDay(day: string): boolean {
  const instant = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(day) && !day.startsWith('0000');
}

/** Limits of a list. */
export interface ListLimits {
  /** Minimum number of items; default 0. */
  min?: number;
  /** Maximum number of items. */
  max: number;
  /** Rejects duplicate items. */
  unique?: boolean;
}

/** A list of items of one type; in a query `a,b` or a repeated parameter. */
export function list(item: FieldType, { min = 0, max, unique }: ListLimits): FieldType {
  const count = min === max ? `exactly ${max}` : min > 0 ? `${min} to ${max}` : `at most ${max}`;
  const limits = { minItems: min, maxItems: max, ...(unique && { uniqueItems: true }) };
  return {
    jsonType: 'array',
    schema: {
      // Classes and named enums are separate schemas, which Swagger needs to know.
      ...(item.nested || 'enumName' in item.schema
        ? { ...item.schema, isArray: true }
        : { type: 'array', items: item.schema }),
      ...limits,
    } as FieldType['schema'],
    ...(item.nested && { nested: item.nested }),
    ...(item.clean && {
      clean: (value: unknown) => (Array.isArray(value) ? value.map((entry) => item.clean!(entry)) : value),
    }),
    fromQuery(value) {
      // One item too many is enough to reject.
      const parts =
        typeof value !== 'string' ? value.slice(0, max + 1) : value === '' ? [] : value.split(',', max + 1);
      return item.fromQuery ? parts.map((part) => item.fromQuery!(part)) : parts;
    },
    check(value) {
      if (!Array.isArray(value)) return wrongType('array', 'must be a list');
      if (value.length < min || value.length > max)
        return violation(Rules.length, { min, max, unit: 'items' }, `must have ${count} items`);
      const inside = value.flatMap((entry, index) => {
        const errors =
          entry === null || entry === undefined
            ? wrongType(item.jsonType, 'must not be null')
            : item.check(entry);
        return errors.map((error) => ({
          ...error,
          path: error.path ? `${index}.${error.path}` : String(index),
        }));
      });
      if (inside.length === 0 && unique && new Set(value).size < value.length) {
        return violation(Rules.unique, {}, 'must not contain the same item twice');
      }
      return inside;
    },
  };
}

/** An object of a class whose fields are declared the same way. */
export function object(nested: () => new () => object): FieldType {
  return {
    jsonType: 'object',
    // Swagger resolves a class lazily only from a function named "type".
    schema: { type: () => nested() },
    nested,
    check: (value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? VALID
        : wrongType('object', 'must be an object'),
  };
}

/** An object of one of several classes, selected by the value of a field. Only for responses: it is not validated. */
export function union(variants: Record<string, new () => object>, discriminator: string): FieldType {
  const mapping = Object.fromEntries(
    Object.entries(variants).map(([value, type]) => [value, getSchemaPath(type)]),
  );
  return {
    ...json(),
    schema: {
      oneOf: Object.values(mapping).map(($ref) => ({ $ref })),
      discriminator: { propertyName: discriminator, mapping },
    },
  };
}

/** A free-form JSON object that is passed on without validation of its content. */
export function json(): FieldType {
  return {
    jsonType: 'object',
    schema: { type: 'object', additionalProperties: true },
    check: (value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? VALID
        : wrongType('object', 'must be an object'),
  };
}

/** Numbers by name: `{ "👍": 3 }`; for responses. */
export function counts(): FieldType {
  return {
    jsonType: 'object',
    schema: { type: 'object', additionalProperties: { type: 'integer', minimum: 0 } },
    check: (value) =>
      typeof value === 'object' && value !== null ? VALID : wrongType('object', 'must be an object'),
  };
}
