import { ApiExtraModels, ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { ValidateBy, ValidateNested } from 'class-validator';
import * as kinds from './field-types';
import type { FieldType, ListLimits, TextLimits } from './field-types';
import { declareSchema } from './schemas';

/** Options of every field. */
export interface FieldDescription {
  /** Description for the API description. */
  description: string;
  example?: unknown;
  /** Can be left out; `null` is still rejected. */
  optional?: boolean;
  /** Can be `null`. */
  nullable?: boolean;
  /** Default if it is left out of a request; implies `optional`. The class must set it: `limit = 20`. */
  default?: unknown;
  /** Clients should stop using it; the description says what to use instead. */
  deprecated?: boolean;
}

/** What class-validator stores about a field, so that errors and queries can look up its type. */
export interface FieldContext {
  readonly field: { readonly kind: FieldType; readonly optional: boolean; readonly nullable: boolean };
}

/** @returns the rules that a field's value violates, including absence and null. */
export function violationsOf(
  { kind, optional, nullable }: FieldContext['field'],
  value: unknown,
): kinds.Violation[] {
  if (value === undefined) return optional ? [] : kinds.missing();
  if (value === null) return nullable ? [] : kinds.wrongType(kind.jsonType, 'must not be null');
  if ('format' in kind.schema && typeof value !== 'string')
    return kinds.wrongType(kind.jsonType, 'must be a string');
  return kind.check(value);
}

function field(
  kind: FieldType,
  { description, example, optional, nullable, default: fallback, deprecated }: FieldDescription,
) {
  const context: FieldContext = {
    field: { kind, optional: optional === true || fallback !== undefined, nullable: nullable === true },
  };
  return (target: object, property: string | symbol): void => {
    declareSchema(target.constructor as new () => object);
    ApiProperty({
      ...kind.schema,
      description,
      ...(example !== undefined && { example }),
      ...(fallback !== undefined && { default: fallback }),
      required: !context.field.optional,
      ...(nullable && { nullable: true }),
      ...(deprecated && { deprecated: true }),
    } as Parameters<typeof ApiProperty>[0])(target, property);
    ValidateBy(
      {
        name: 'field',
        validator: { validate: (value: unknown) => violationsOf(context.field, value).length === 0 },
      },
      { context, message: 'is not valid' },
    )(target, property);
    if (kind.clean) Transform(({ value }) => kind.clean!(value), { toClassOnly: true })(target, property);
    if (kind.nested) {
      Type(kind.nested)(target, property);
      ValidateNested()(target, property);
    }
  };
}

/**
 * One decorator per field: it declares the validation rules and the schema of the API description, so that they cannot
 * drift apart. For bodies, query classes and responses. In a query class the text is first converted to a number,
 * boolean or list; in a body nothing is converted.
 *
 * ```ts
 * class PostCreate {
 *   @Field.text({ max: 100, description: 'Headline.', example: 'Hello' }) title: string;
 *   @Field.list(Item.text({ max: 20 }), { max: 5, unique: true, description: 'Topics.', optional: true }) tags?: string[];
 * }
 * ```
 */
export const Field = {
  /** Text of `min` (default 1) to `max` characters, counted as code points. */
  text: (options: TextLimits & FieldDescription) => field(kinds.text(options), options),
  /** Display name that others see: one line, no formatting characters, no web address; trimmed. */
  name: (options: { max: number } & FieldDescription) => field(kinds.displayName(options), options),
  /** Unique name with a pattern; must not look like a web address. */
  username: (options: TextLimits & FieldDescription) => field(kinds.username(options), options),
  /** E-mail address; trimmed and converted to lower case. */
  email: (options: FieldDescription) => field(kinds.email(), options),
  uuid: (options: FieldDescription) => field(kinds.uuid(), options),
  /** Absolute http or https URL. */
  url: (options: FieldDescription) => field(kinds.url(), options),
  integer: (options: { min?: number; max?: number } & FieldDescription) =>
    field(kinds.integer(options), options),
  number: (options: { min?: number; max?: number } & FieldDescription) =>
    field(kinds.number(options), options),
  boolean: (options: FieldDescription) => field(kinds.boolean(), options),
  /** One of a list of texts; `name` makes the schema a shared component. */
  oneOf: (values: readonly string[], options: { name?: string } & FieldDescription) =>
    field(kinds.oneOf(values, options.name), options),
  /** Text whose valid values are rows in the database; the API description lists the built-in ones. */
  known: (values: readonly string[], options: { name: string; max: number } & FieldDescription) =>
    field(kinds.known(values, options), options),
  /** At most `max` items of one type: `Item.text(…)`, `Item.object(() => Line)`. */
  list: (item: FieldType, options: ListLimits & FieldDescription) =>
    field(kinds.list(item, options), options),
  /** Object of a class with fields. */
  object: (nested: () => new () => object, options: FieldDescription) => field(kinds.object(nested), options),
  /** Object of one of several classes, selected by the value of a field; for responses. */
  union:
    (variants: Record<string, new () => object>, options: { discriminator: string } & FieldDescription) =>
    (target: object, property: string | symbol): void => {
      ApiExtraModels(...Object.values(variants))(target.constructor);
      field(kinds.union(variants, options.discriminator), options)(target, property);
    },
  /** RFC 3339 timestamp; remains a text in a request. */
  dateTime: (options: FieldDescription) => field(kinds.dateTime(), options),
  /** RFC 3339 date. */
  date: (options: FieldDescription) => field(kinds.date(), options),
  /** Free-form object. */
  json: (options: FieldDescription) => field(kinds.json(), options),
  /** Numbers by name, for responses. */
  counts: (options: FieldDescription) => field(kinds.counts(), options),
};

/** Item types of `Field.list`. */
export const Item = {
  text: kinds.text,
  name: kinds.displayName,
  email: kinds.email,
  uuid: kinds.uuid,
  url: kinds.url,
  integer: kinds.integer,
  number: kinds.number,
  oneOf: kinds.oneOf,
  scope: kinds.scope,
  dateTime: kinds.dateTime,
  date: kinds.date,
  object: kinds.object,
};
