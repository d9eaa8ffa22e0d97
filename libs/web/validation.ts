import { type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common';
import { FieldError, NotFound, Rejection, Rules } from '@rookery/domain';
import { getMetadataStorage, type ValidationError, ValidationTypes } from 'class-validator';
import type { Violation } from './field-types';
import { violationsOf, type FieldContext } from './fields';
import { RequestRefused } from './problem';
import { Problems } from './problems';
import { inspect, isStorable, MAX_ERRORS, pathOf, unknownField } from './request-values';
import { oneOfFieldsOf } from './schemas';

/**
 * Lists up to this length are validated item by item even if they are too long, so that all errors are reported at
 * once.
 */
const MAX_SHORT_LIST = 100;

/**
 * The pipe that validates bodies and queries against their classes, and checks that texts in a path can be stored.
 * Unknown properties are errors at every depth. Too many of them, and lists that are much too long, are rejected before
 * the transformation, because its cost grows with their number.
 *
 * @throws RequestRefused `request.invalid` naming each field and rule, at most 100 of them
 * @throws Rejection `resource.not-found` if a text in the path cannot be stored, because no such resource can exist
 */
@Injectable()
export class RequestValidation extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      transform: true,
      transformOptions: { enableImplicitConversion: false },
      stopAtFirstError: false,
      // Without it Nest removes the value from errors that have children.
      validationError: { value: true },
      exceptionFactory: (errors) => refused(errors.flatMap((error) => fieldErrors(error, ''))),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { metatype, type } = metadata;
    if (type === 'param' && typeof value === 'string' && !isStorable(value)) throw new Rejection(NotFound);
    if (!metatype || !this.toValidate(metadata)) return super.transform(value, metadata);
    const input = value ?? {};
    if (typeof input !== 'object' || Array.isArray(input)) {
      throw refused([
        FieldError.of(Rules.type, '', { expected: 'object' }, 'The body must be a JSON object.'),
      ]);
    }
    const errors = type === 'query' ? inspect(input) : [];
    if (errors.length > 0) throw refused(errors);
    findExcess(input, metatype, '', errors);
    // A few unknown names are reported below, together with all other errors.
    if (errors.length >= MAX_ERRORS || errors.some(({ code }) => code !== Rules.unknown.code))
      throw refused(errors);
    const values = type === 'query' ? fromQuery(input as Query, metatype) : input;
    const valid = hasOnlyFields(metatype)
      ? readValid(values, metatype)
      : ((await super.transform(values, metadata)) as object);
    requireExactlyOne(valid, metatype);
    return valid;
  }
}

/** @throws RequestRefused `request.invalid` */
function readValid(values: object, declared: Declared): object {
  const instance = read(values, declared);
  const errors = errorsIn(instance, values, declared, '');
  if (errors.length > 0) throw refused(errors);
  return instance;
}

/**
 * Reads one of many items of a request, such as a row of a file, where an invalid item does not reject the others.
 *
 * @param values by field
 * @param declared class with fields
 * @returns an object of the class, valid if there are no errors
 */
export function readFields<T extends object>(
  values: object,
  declared: new () => T,
): { value: T; errors: FieldError[] } {
  const unusable = inspect(values);
  const value = read(values, declared) as T;
  return { value, errors: unusable.length > 0 ? unusable : errorsIn(value, values, declared, '') };
}

/** @returns an object of the class, including nested classes, with all values normalized. */
function read(values: object, declared: Declared): object {
  const fields = fieldsOf(declared);
  const instance = new declared() as Record<string, unknown>;
  for (const [name, value] of Object.entries(values)) {
    const kind = fields.get(name)?.kind;
    if (!kind) continue;
    const cleaned: unknown = kind.clean ? kind.clean(value) : value;
    instance[name] = kind.nested ? readNested(cleaned, kind.nested()) : cleaned;
  }
  return instance;
}

function readNested(value: unknown, declared: Declared): unknown {
  if (Array.isArray(value)) return value.map((item) => readNested(item, declared));
  return typeof value === 'object' && value !== null ? read(value, declared) : value;
}

/**
 * @param instance as created by {@link read}
 * @param its input values
 * @param parent path of the parent
 * @returns the errors for undeclared names, then the violated rules of its fields, in the order of the class
 */
function errorsIn(instance: object, values: object, declared: Declared, parent: string): FieldError[] {
  const fields = fieldsOf(declared);
  const errors = Object.keys(values).flatMap((name) =>
    fields.has(name) ? [] : unknownField(pathOf(parent, name)),
  );
  for (const [name, field] of fields) {
    const value = (instance as Record<string, unknown>)[name];
    const path = pathOf(parent, name);
    const own = violationsOf(field!, value).map((violation) => fieldError(path, violation));
    errors.push(...own);
    const nested = field!.kind.nested?.();
    if (!nested) continue;
    const inside = errorsInNested(value, (values as Record<string, unknown>)[name], nested, path);
    errors.push(...inside.filter((child) => !own.some(({ path: known }) => child.path === known)));
  }
  return errors;
}

function errorsInNested(value: unknown, values: unknown, declared: Declared, path: string): FieldError[] {
  if (typeof value !== 'object' || value === null) return [];
  if (!Array.isArray(value)) return errorsIn(value, values as object, declared, path);
  return value.flatMap((item, index) =>
    errorsInNested(item, (values as unknown[])[index], declared, `${path}.${index}`),
  );
}

/**
 * The only way to reject a request because of its fields.
 *
 * @param errors at least one; at most 100 are reported
 * @returns `request.invalid`
 */
export function refused(errors: readonly FieldError[]): RequestRefused {
  const count = errors.length;
  return new RequestRefused(Problems.invalid, {
    detail: count === 1 ? errors[0]!.message : `${count} fields violate a rule.`,
    errors: errors.slice(0, MAX_ERRORS),
  });
}

function requireExactlyOne(body: object, type: Declared): void {
  const names = oneOfFieldsOf(type);
  const given = names.filter((name) => (body as Record<string, unknown>)[name] !== undefined);
  if (names.length === 0 || given.length === 1) return;
  const message = `Exactly one of ${names.join(', ')} is required.`;
  throw refused([FieldError.of(Rules.oneOf, '', { fields: [...names] }, message)]);
}

function fieldErrors(error: ValidationError, parent: string): FieldError[] {
  const path = pathOf(parent, error.property);
  const children = (error.children ?? []).flatMap((child) => fieldErrors(child, path));
  const context = error.contexts?.field as FieldContext | undefined;
  if (context) {
    const own = violationsOf(context.field, error.value).map((violation) => fieldError(path, violation));
    // An item that is not an object also fails nested validation; report it once.
    return [...own, ...children.filter((child) => !own.some(({ path: known }) => child.path === known))];
  }
  const [constraint] = Object.keys(error.constraints ?? {});
  if (constraint === undefined) return children;
  if (constraint === 'whitelistValidation') return [unknownField(path)];
  if (constraint === 'nestedValidation')
    return [FieldError.of(Rules.type, path, { expected: 'object' }, `${path} must be an object.`)];
  // A class with class-validator's own decorators.
  const message = `${error.constraints![constraint]}.`;
  return [FieldError.of(Rules.custom, path, { rule: constraint }, message), ...children];
}

function fieldError(path: string, violation: Violation): FieldError {
  const where = violation.path ? `${path}.${violation.path}` : path;
  return FieldError.of(violation.rule, where, violation.params, `${where} ${violation.sentence}.`);
}

/**
 * Finds names that a class does not declare, and lists that are much too long, also in nested objects.
 *
 * @param errors target list, up to 100 errors
 */
function findExcess(value: unknown, declared: Declared, parent: string, errors: FieldError[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const fields = fieldsOf(declared);
  for (const [name, inner] of Object.entries(value)) {
    if (errors.length >= MAX_ERRORS) return;
    const path = pathOf(parent, name);
    if (!fields.has(name)) errors.push(unknownField(path));
    const kind = fields.get(name)?.kind;
    if (!kind) continue;
    const nested = kind.nested?.();
    if (Array.isArray(inner) && inner.length > Math.max(kind.schema.maxItems ?? Infinity, MAX_SHORT_LIST))
      errors.push(...kind.check(inner).map((violation) => fieldError(path, violation)));
    else if (nested && Array.isArray(inner))
      for (const [index, item] of inner.entries()) findExcess(item, nested, `${path}.${index}`, errors);
    else if (nested) findExcess(inner, nested, path, errors);
  }
}

type Declared = new (...args: never[]) => object;
type Query = Record<string, string | string[]>;
/** Undefined for fields with class-validator's own decorators. */
type Fields = ReadonlyMap<string, FieldContext['field'] | undefined>;
const fieldsByClass = new WeakMap<object, Fields>();

/**
 * Converts the texts of a query to the types of their fields; a repeated field remains a list. An empty list is left
 * out, so that no route takes `tags=` for a filter that nothing matches.
 */
function fromQuery(query: Query, queryClass: Declared): Record<string, unknown> {
  const fields = fieldsOf(queryClass);
  return Object.fromEntries(
    Object.entries(query)
      .map(([name, value]) => [name, fields.get(name)?.kind.fromQuery?.(value) ?? value] as const)
      .filter(([, value]) => !Array.isArray(value) || value.length > 0),
  );
}

function fieldsOf(declared: Declared): Fields {
  let fields = fieldsByClass.get(declared);
  if (!fields) {
    const found = new Map<string, FieldContext['field'] | undefined>();
    for (const { propertyName, context } of rulesOf(declared))
      // A nested field has a second entry without the field's type.
      found.set(propertyName, found.get(propertyName) ?? (context as FieldContext | undefined)?.field);
    fields = found;
    fieldsByClass.set(declared, fields);
  }
  return fields;
}

const onlyFields = new WeakMap<object, boolean>();

/** @returns whether the class and its nested classes are declared only with `Field`. */
function hasOnlyFields(declared: Declared): boolean {
  let only = onlyFields.get(declared);
  if (only === undefined) {
    // A class can contain itself.
    onlyFields.set(declared, true);
    const fields = fieldsOf(declared);
    // A field can have a decorator of class-validator in addition to its own.
    const isOfField = ({ propertyName, type, context }: Rule) =>
      (context as FieldContext | undefined)?.field !== undefined ||
      (type === ValidationTypes.NESTED_VALIDATION && fields.get(propertyName)?.kind.nested !== undefined);
    only =
      rulesOf(declared).every(isOfField) &&
      [...fields.values()].every((field) => !field?.kind.nested || hasOnlyFields(field.kind.nested()));
    onlyFields.set(declared, only);
  }
  return only;
}

/** What one decorator has told class-validator about one property. */
type Rule = ReturnType<typeof rulesOf>[number];

function rulesOf(declared: Declared) {
  return getMetadataStorage().getTargetValidationMetadatas(declared, '', false, false);
}
