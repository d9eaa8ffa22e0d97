import 'reflect-metadata';
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type {
  Abstract,
  ClassProvider,
  ExistingProvider,
  INestApplicationContext,
  InjectionToken,
  Provider,
  Type,
} from '@nestjs/common';
import { Command, Query } from '@nestjs/cqrs';
import { noteFile, whereIs } from '@rookery/domain';
import { type AnySubscriber, type Scheduled, scheduleOptions, subscriberOptions } from '@rookery/messaging';
import type { EntitySchema } from 'typeorm';
import { refuseInMemoryHandlers } from './event-bus';
import type { PersonalData } from './personal-data';

/** Where `@CommandHandler` and `@QueryHandler` record what a class handles; @nestjs/cqrs does not export the keys. */
const HANDLES = { command: '__commandHandler__', query: '__queryHandler__' };

/** An abstract class of `contract.ts` and its provider. */
type OfferedProvider = ClassProvider | ExistingProvider;

/** A bounded context: its parts, grouped by the app that uses them. */
export interface Context {
  readonly name: string;
  /** Groups of its operations in the API description, each with a description; see {@link defineContext}. */
  readonly tags: Readonly<Record<string, string>>;
  /** Permissions by role. */
  readonly permissions: RolePermissions;
  /** Names of the contexts whose events and ports it uses. */
  readonly requires: readonly string[];
  /** Updates rows that are derived from the declarations of all contexts; see {@link Synchronize}. */
  readonly synchronize: Synchronize | undefined;
  readonly schemas: readonly EntitySchema[];
  readonly providers: readonly Provider[];
  /** Ports for other contexts: providers of abstract classes in its `contract.ts`. */
  readonly offers: readonly OfferedProvider[];
  /** Ports of its own `contract.ts` that another context provides; boot fails if a port has no provider or two. */
  readonly asks: readonly Abstract<unknown>[];
  /** Paths of routes at the root instead of under `/v1`: pages that links in mails open. */
  readonly rootPaths: readonly string[];
  /** Providers for the api only: passport strategies, which register themselves for the whole process. */
  readonly apiProviders: readonly Provider[];
  readonly controllers: readonly Type[];
  readonly handlers: readonly Type[];
  readonly subscribers: readonly Type<AnySubscriber>[];
  readonly schedules: readonly Type<Scheduled>[];
  /** Exports and erases what it stores about a user; see {@link PersonalData}. */
  readonly personalData: Type<PersonalData> | undefined;
  /** Fills a development database; see {@link Seed}. */
  readonly seed: Type<Seed> | undefined;
  /** What operators may run by name from the command line; see {@link Cli}. */
  readonly cli: Readonly<Record<string, Cli>>;
  /** Test fixtures by name; see {@link Fixture}. */
  readonly fixtures: Readonly<Record<string, Fixture>>;
}

/** By role: `{ moderator: ['posts:update:any'] }`. A role that includes another has its permissions too. */
export type RolePermissions = Readonly<Record<string, readonly string[]>>;

/**
 * Updates rows that are derived from the declarations of all contexts. It runs after each run of the migrations, in one
 * process at a time.
 *
 * @param statement runs SQL and returns rows
 * @param contexts all contexts of the program, including this one
 * @returns a line for each change
 */
export type Synchronize = (
  statement: (text: string, values: unknown[]) => Promise<Record<string, string>[]>,
  contexts: readonly Context[],
) => Promise<string[]>;

/**
 * Creates state for a suite that no route creates quickly.
 *
 * @param app application whose providers it can use
 * @param args plain data, like the return value
 */
// oxlint-disable-next-line typescript/no-explicit-any -- each fixture defines its own parameters
export type Fixture = (app: INestApplicationContext, args: any) => Promise<unknown>;

/** A command-line tool for operators. It needs only PostgreSQL, so it works while Redis is down. */
export interface Cli {
  /** Usage, in one line. */
  readonly usage: string;
  /** Its providers, besides persistence. */
  readonly providers: readonly Provider[];
  /** @returns false for invalid arguments; the usage is then printed */
  accepts(args: readonly string[]): boolean;
  /**
   * @param app application with the classes in `providers`
   * @param print writes a line for the operator
   * @throws Error with a message for the operator
   */
  run(app: INestApplicationContext, args: readonly string[], print: (line: string) => void): Promise<void>;
}

/** Seeds a development database with demo data of a context; running it twice changes nothing. */
export interface Seed {
  run(): Promise<void>;
}

/**
 * Declares a bounded context. Its features are discovered, not listed: every controller, command or query handler,
 * subscriber and schedule that a file below `features/` exports is registered.
 *
 * @param name of the context; also of its PostgreSQL schema
 * @param folder that holds `features/`: `__dirname`
 * @param parts.tags groups of its operations in the API description, with descriptions by name; every controller has
 *   one of them as `@ApiTags()`
 * @param parts.permissions permissions by role; applied whenever migrations run
 * @param parts.requires names of the contexts whose events and ports it uses
 * @param parts.synchronize updates rows that are derived from all declarations, after each run of the migrations
 * @param parts.schemas how its aggregates are stored
 * @param parts.providers what its features inject: repositories, policies
 * @param parts.offers ports for other contexts: providers of abstract classes in its `contract.ts`
 * @param parts.asks ports of its own `contract.ts` that exactly one other context offers
 * @param parts.apiProviders providers for its routes only: passport strategies
 * @param parts.rootPaths paths of routes at the root instead of under `/v1`
 * @param parts.personalData exports and erases what it stores about a user
 * @param parts.seed demo data
 * @param parts.cli command-line tools for operators, by name
 * @param parts.fixtures test fixtures, by name
 * @throws Error if the file of a feature exports nothing that can be registered
 */
export function defineContext(
  name: string,
  folder: string,
  parts: {
    tags?: Record<string, string>;
    permissions?: RolePermissions;
    requires?: string[];
    synchronize?: Synchronize;
    schemas?: EntitySchema[];
    providers?: Provider[];
    offers?: OfferedProvider[];
    asks?: Abstract<unknown>[];
    apiProviders?: Provider[];
    rootPaths?: string[];
    personalData?: Type<PersonalData>;
    seed?: Type<Seed>;
    cli?: Record<string, Cli>;
    fixtures?: Record<string, Fixture>;
  },
): Context {
  const exported = featureFiles(join(folder, 'features')).flatMap((file) => {
    const classes = Object.values(require(file) as Record<string, unknown>).filter(isClass);
    refuseInMemoryHandlers(classes);
    if (!classes.some(takesPart))
      throw new Error(`${sourceOf(file)} exports no controller, handler, subscriber or schedule.`);
    for (const type of classes) noteFile(type, sourceOf(file));
    return classes;
  });
  checkHandlers(exported);
  const found = exported.filter(takesPart);
  return {
    name,
    tags: parts.tags ?? {},
    permissions: parts.permissions ?? {},
    requires: parts.requires ?? [],
    synchronize: parts.synchronize,
    schemas: parts.schemas ?? [],
    providers: parts.providers ?? [],
    offers: parts.offers ?? [],
    asks: parts.asks ?? [],
    apiProviders: parts.apiProviders ?? [],
    rootPaths: parts.rootPaths ?? [],
    controllers: found.filter(isController),
    handlers: found.filter(isHandler),
    subscribers: found.filter((type): type is Type<AnySubscriber> => subscriberOptions(type) !== undefined),
    schedules: found.filter((type): type is Type<Scheduled> => scheduleOptions(type) !== undefined),
    personalData: parts.personalData,
    seed: parts.seed,
    cli: parts.cli ?? {},
    fixtures: parts.fixtures ?? {},
  };
}

/**
 * Sorts contexts so that each comes after those that it requires.
 *
 * @throws Error naming a duplicate context, a required one that is missing, or contexts that require each other
 */
export function inOrder(contexts: readonly Context[]): Context[] {
  const ordered: Context[] = [];
  const twice = contexts.find(
    ({ name }, index) => contexts.findIndex((each) => each.name === name) !== index,
  );
  if (twice) throw new Error(`Two contexts are named ${twice.name}: rename one of them.`);
  const add = (context: Context, path: readonly string[]): void => {
    if (ordered.includes(context)) return;
    const here = [...path, context.name];
    if (path.includes(context.name))
      throw new Error(
        `The contexts ${here.slice(here.indexOf(context.name)).join(' → ')} require each other: remove one of them from "requires" in ${declarationOf(context.name)}.`,
      );
    for (const name of context.requires) {
      const required = contexts.find((each) => each.name === name);
      if (!required)
        throw new Error(
          `${declarationOf(context.name)} requires the context ${name}, which does not exist: add it to libs/contexts/index.ts.`,
        );
      add(required, here);
    }
    ordered.push(context);
  };
  for (const context of contexts) add(context, []);
  return ordered;
}

/** @returns the path of the file that declares a context. */
export function declarationOf(name: string): string {
  return `libs/contexts/${name}/${name}.context.ts`;
}

/**
 * TypeORM finds mappings by name. If two have the same name, a repository would use the wrong table.
 *
 * @throws Error naming both contexts if the stored states of two aggregates have the same name
 */
export function checkSchemas(contexts: readonly Context[]): void {
  const stored = contexts.flatMap(({ name, schemas }) =>
    schemas.map(({ options }) => ({ name, schema: options.name, table: options.tableName })),
  );
  for (const [index, { name, schema, table }] of stored.entries()) {
    const other = stored.slice(index + 1).find((each) => each.schema === schema);
    if (other)
      throw new Error(
        `${name} (table ${table}) and ${other.name} (table ${other.table}) both store an aggregate as ${schema}: ` +
          `give one of the two EntitySchemas below libs/contexts/ another name.`,
      );
  }
}

/**
 * Without this check a missing provider could expose data, and the order of the contexts would decide between two
 * providers.
 *
 * @throws Error naming the port if no context offers a port that another asks for, or if two offer it
 */
export function checkPorts(contexts: readonly Context[]): void {
  const offered = contexts.flatMap(({ name, offers }) =>
    offers.map(({ provide }) => ({ name, port: provide })),
  );
  for (const [index, { name, port }] of offered.entries()) {
    const other = offered.slice(index + 1).find((each) => each.port === port);
    if (other)
      throw new Error(
        `${nameOf(port)} is offered in ${declarationOf(name)} and in ${declarationOf(other.name)}: remove it from one of them.`,
      );
  }
  for (const { name, asks } of contexts) {
    const open = asks.find((port) => !offered.some((each) => each.port === port));
    if (open)
      throw new Error(
        `${declarationOf(name)} asks for ${nameOf(open)}, which no context offers: add it to \`offers\` of one context.`,
      );
  }
}

function nameOf(port: InjectionToken): string {
  return typeof port === 'function' ? port.name : String(port);
}

/** A feature's folder `publish-post/` contains `publish-post.ts` and whatever that file imports. */
function featureFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name, name))
    .map((path) => ['.js', '.ts'].map((ending) => path + ending).find(existsSync) ?? missing(path))
    .sort();
}

/** @returns the path of the source of a compiled file, relative to the root of the repository */
function sourceOf(file: string): string {
  return relative(process.cwd(), file)
    .replace(/^dist\//, '')
    .replace(/\.js$/, '.ts');
}

function missing(path: string): never {
  throw new Error(
    `The folder of a feature must contain a file with the same name: ${sourceOf(`${path}.ts`)}.`,
  );
}

/** Fails at startup if a command has no handler or two handlers, instead of at its first call. */
function checkHandlers(exported: readonly Type[]): void {
  const handled = exported.flatMap((type) => handles(type)?.type ?? []);
  const twice = handled.find((type, index) => handled.indexOf(type) !== index);
  if (twice) throw new Error(`${whereIs(twice)} has two handlers: remove one of them.`);
  const orphan = exported.find(
    (type) =>
      (type.prototype instanceof Command || type.prototype instanceof Query) && !handled.includes(type),
  );
  if (orphan) throw new Error(`${whereIs(orphan)} has no handler: write one next to it, and export it.`);
}

function isClass(value: unknown): value is Type {
  return typeof value === 'function' && value.prototype !== undefined;
}

function takesPart(type: Type): boolean {
  return (
    isController(type) ||
    isHandler(type) ||
    subscriberOptions(type) !== undefined ||
    scheduleOptions(type) !== undefined
  );
}

function isController(type: Type): boolean {
  return Reflect.hasMetadata('path', type);
}

function isHandler(type: Type): boolean {
  return handles(type) !== undefined;
}

/** @returns the command or query that a class handles; undefined if it is not a handler. */
export function handles(type: Type): { type: Type; kind: 'command' | 'query' } | undefined {
  const kind = (['command', 'query'] as const).find((each) => Reflect.hasMetadata(HANDLES[each], type));
  return kind && { type: Reflect.getMetadata(HANDLES[kind], type) as Type, kind };
}
