import 'reflect-metadata';
import { relative, sep } from 'node:path';
import { ApiSchema, getSchemaPath } from '@nestjs/swagger';

type SchemaClass = new (...args: never[]) => object;

/** A named schema of the API description: a class with fields, or a named enum. */
interface Declaration {
  /** A function, because a class can get a different name after its fields are declared. */
  name: () => string;
  /** Identity that two declarations with the same name must share. */
  identity: unknown;
  label: string;
  /** Created at the declaration. Its stack is read only if two declarations conflict. */
  at: Error;
}

const declarations = new Map<unknown, Declaration>();

/** @returns the name of a class in the API description: that of `@ApiSchema()`, or its own */
export function schemaNameOf(type: SchemaClass): string {
  return getSchemaPath(type).split('/').at(-1)!;
}

/** Records that a class has fields; the first call for a class must come from one of its decorators. */
export function declareSchema(type: SchemaClass): void {
  if (declarations.has(type)) return;
  const name = () => schemaNameOf(type);
  declarations.set(type, { name, identity: type, label: `class ${type.name}`, at: new Error() });
}

/**
 * Records a schema that is derived from a class, such as a list of its entries, so that a name conflict is reported for
 * that class.
 */
export function declareDerived(type: SchemaClass, origin: SchemaClass): void {
  const { label, at } = declarations.get(origin)!;
  declarations.set(type, { name: () => schemaNameOf(type), identity: type, label: `list of ${label}`, at });
}

/** Records a named enum. The same values with the same name are the same enum. */
export function declareChoice(name: string, values: readonly string[]): void {
  const identity = `${name}: ${values.join(', ')}`;
  if (declarations.has(identity)) return;
  declarations.set(identity, {
    name: () => name,
    identity,
    label: `choice of ${values.join(', ')}`,
    at: new Error(),
  });
}

/**
 * @param names of the schemas of an API description
 * @returns a message for each name with two different declarations, because one would overwrite the other
 */
export function clashingSchemas(names: Iterable<string>): string[] {
  const described = new Set(names);
  const clashes = Map.groupBy(declarations.values(), ({ name }) => name());
  return [...clashes]
    .filter(([name, group]) => described.has(name) && group.length > 1)
    .map(([name, group]) => {
      const places = group.map(({ label, at }) => `${label} in ${placeOf(at)}`);
      return `${places.join(' and ')} both declare the schema ${name}: rename one of them, or add @ApiSchema({ name }) to its class`;
    });
}

/** This file, its callers, and the code that runs decorators. */
const MACHINERY = /node_modules|node:|[/\\]libs[/\\]web[/\\](?:schemas|fields|field-types)\.[jt]s/;

/** @returns the declaring source file, relative to the working directory */
function placeOf({ stack = '' }: Error): string {
  const frames = stack.split('\n').slice(1);
  const frame = frames.find((line) => !MACHINERY.test(line) && /\.[cm]?[jt]s:\d+/.test(line));
  const path = frame && /(?:file:\/\/)?(\/[^()]*|[A-Z]:[^()]*)\.[cm]?[jt]s:\d+/.exec(frame)?.[1];
  if (!path) return 'an unknown file';
  return `${relative(process.cwd(), path).replace(`dist${sep}`, '')}.ts`;
}

const EXACTLY_ONE = Symbol('exactly one of these fields');

/** A body with exactly one of several optional fields. Any other body is rejected before the route is called. */
export function ExactlyOneOf(...fields: [string, string, ...string[]]): ClassDecorator {
  return (target) => {
    Reflect.defineMetadata(EXACTLY_ONE, fields, target);
    // Swagger passes on unknown properties.
    const options = { oneOf: fields.map((field) => ({ required: [field] })) };
    ApiSchema(options as Parameters<typeof ApiSchema>[0])(target);
  };
}

/** @returns the fields of which a body of the class must have exactly one; empty without {@link ExactlyOneOf} */
export function oneOfFieldsOf(type: SchemaClass): readonly string[] {
  return (Reflect.getMetadata(EXACTLY_ONE, type) as string[] | undefined) ?? [];
}
