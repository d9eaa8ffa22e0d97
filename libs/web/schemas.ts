import 'reflect-metadata';
import { relative, sep } from 'node:path';
import { ApiSchema, getSchemaPath } from '@nestjs/swagger';

type SchemaClass = new (...args: never[]) => object;

/** Something that stands in the description under a name: a class with fields, or a named choice. */
interface Declaration {
  /** A class may be given another name only after its fields. */
  name: () => string;
  /** What two declarations of one name must share. */
  identity: unknown;
  label: string;
  /** Made where it is declared. Its stack is read only when two declarations clash. */
  at: Error;
}

const declarations = new Map<unknown, Declaration>();

/** @returns the name under which a class stands in the API description: that of `@ApiSchema()`, or its own */
export function schemaNameOf(type: SchemaClass): string {
  return getSchemaPath(type).split('/').at(-1)!;
}

/** Notes that a class has fields; the first call for a class must come from one of its decorators. */
export function declareSchema(type: SchemaClass): void {
  if (declarations.has(type)) return;
  const name = () => schemaNameOf(type);
  declarations.set(type, { name, identity: type, label: `class ${type.name}`, at: new Error() });
}

/** Takes back {@link declareSchema} for a class that is made from another one and clashes whenever that one does. */
export function undeclareSchema(type: SchemaClass): void {
  declarations.delete(type);
}

/** Notes a choice that is shared by its name. The same values under the same name are the same choice. */
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
 * @param names of the schemas of a description
 * @returns a sentence for each name that stands for two different declarations, of which one would be lost
 */
export function clashingSchemas(names: Iterable<string>): string[] {
  const described = new Set(names);
  const clashes = Map.groupBy(declarations.values(), ({ name }) => name());
  return [...clashes]
    .filter(([name, group]) => described.has(name) && group.length > 1)
    .map(([name, group]) => {
      const places = group.map(({ label, at }) => `${label} in ${placeOf(at)}`);
      return `${places.join(' and ')} are both the schema ${name}: rename one of them, or give its class @ApiSchema({ name })`;
    });
}

/** This file, those that call it, and what runs decorators. */
const MACHINERY = /node_modules|node:|[/\\]libs[/\\]web[/\\](?:schemas|fields|field-types)\.[jt]s/;

/** @returns the file that declares, relative to the working directory, as a source file */
function placeOf({ stack = '' }: Error): string {
  const frames = stack.split('\n').slice(1);
  const frame = frames.find((line) => !MACHINERY.test(line) && /\.[cm]?[jt]s:\d+/.test(line));
  const path = frame && /(?:file:\/\/)?(\/[^()]*|[A-Z]:[^()]*)\.[cm]?[jt]s:\d+/.exec(frame)?.[1];
  if (!path) return 'a file that is not known';
  return `${relative(process.cwd(), path).replace(`dist${sep}`, '')}.ts`;
}

const EXACTLY_ONE = Symbol('exactly one of these fields');

/** A body that has exactly one of some optional fields; any other is refused before the route is called. */
export function ExactlyOneOf(...fields: [string, string, ...string[]]): ClassDecorator {
  return (target) => {
    Reflect.defineMetadata(EXACTLY_ONE, fields, target);
    // Swagger hands on what it does not know of.
    const options = { oneOf: fields.map((field) => ({ required: [field] })) };
    ApiSchema(options as Parameters<typeof ApiSchema>[0])(target);
  };
}

/** @returns the fields of which a body of the class has exactly one; none without {@link ExactlyOneOf} */
export function oneOfFieldsOf(type: SchemaClass): readonly string[] {
  return (Reflect.getMetadata(EXACTLY_ONE, type) as string[] | undefined) ?? [];
}
