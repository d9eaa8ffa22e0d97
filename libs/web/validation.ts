import { type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common';
import { getMetadataStorage, type ValidationError } from 'class-validator';
import { brokenRules, type FieldContext } from './fields';
import { type FieldError, RequestRefused } from './problem';
import { Problems } from './problems';

const MOST_ERRORS = 100;

/**
 * The one pipe that checks bodies and queries against their classes.
 * Unknown properties are errors at every depth, also those that every object inherits (nestjs/nest#16050).
 *
 * @throws RequestRefused `request.invalid` naming each field and rule, at most 100 of them
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
      // Without it Nest takes the value from errors that have children.
      validationError: { value: true },
      exceptionFactory: (errors) => refused(errors.flatMap((error) => fieldErrors(error, ''))),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { metatype, type } = metadata;
    if (!metatype || !this.toValidate(metadata)) return super.transform(value, metadata);
    const input = value ?? {};
    if (typeof input !== 'object' || Array.isArray(input)) {
      throw refused([{ path: '', code: 'type', message: 'The body must be a JSON object.' }]);
    }
    const inherited = inheritedNames(input);
    if (inherited.length > 0) throw refused(inherited);
    return super.transform(type === 'query' ? fromQuery(input as Query, metatype) : input, metadata);
  }
}

/** @returns the refusal of a request with those errors; at most 100 are named. */
export function refused(errors: FieldError[]): RequestRefused {
  const count = errors.length;
  return new RequestRefused(Problems.invalid, {
    detail: count === 1 ? errors[0]!.message : `${count} fields break a rule.`,
    errors: errors.slice(0, MOST_ERRORS),
  });
}

function fieldErrors(error: ValidationError, parent: string): FieldError[] {
  const path = parent ? `${parent}.${error.property}` : error.property;
  const children = (error.children ?? []).flatMap((child) => fieldErrors(child, path));
  const context = error.contexts?.field as FieldContext | undefined;
  if (context) {
    const own = brokenRules(context.field, error.value).map((broken) => {
      const where = broken.path ? `${path}.${broken.path}` : path;
      return { path: where, code: broken.code, message: `${where} ${broken.rule}.` };
    });
    // An item that is no object also fails as a nested one; once is enough.
    return [...own, ...children.filter((child) => !own.some(({ path: known }) => child.path === known))];
  }
  const [constraint] = Object.keys(error.constraints ?? {});
  if (constraint === undefined) return children;
  if (constraint === 'whitelistValidation') return [unknown(path)];
  if (constraint === 'nestedValidation')
    return [{ path, code: 'type', message: `${path} must be an object.` }];
  // A class that uses class-validator's own decorators.
  return [{ path, code: kebab(constraint), message: `${error.constraints![constraint]}.` }, ...children];
}

function unknown(path: string): FieldError {
  return { path, code: 'unknown', message: `${path} is not a field of this request.` };
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `constructor`, `__proto__`, `toString` …: class-validator's whitelist takes them for known. */
export function inheritedNames(value: unknown, parent = ''): FieldError[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((name) => {
    const path = parent ? `${parent}.${name}` : name;
    if (name in Object.prototype) return [unknown(path)];
    return inheritedNames((value as Record<string, unknown>)[name], path);
  });
}

type Query = Record<string, string | string[]>;
type Fields = ReadonlyMap<string, FieldContext['field']>;
const fieldsByClass = new WeakMap<object, Fields>();

/** Reads the texts of a query as what their fields are; a field that occurs twice stays a list. */
function fromQuery(query: Query, queryClass: new (...args: never[]) => unknown): Record<string, unknown> {
  const fields = fieldsOf(queryClass);
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, fields.get(name)?.kind.fromQuery?.(value) ?? value]),
  );
}

function fieldsOf(declared: new (...args: never[]) => unknown): Fields {
  let fields = fieldsByClass.get(declared);
  if (!fields) {
    const metadata = getMetadataStorage().getTargetValidationMetadatas(declared, '', false, false);
    fields = new Map(
      metadata.flatMap(({ propertyName, context }) => {
        const known = (context as FieldContext | undefined)?.field;
        return known ? [[propertyName, known] as const] : [];
      }),
    );
    fieldsByClass.set(declared, fields);
  }
  return fields;
}
