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
import { noteFile } from '@rookery/domain';
import { type AnySubscriber, type Scheduled, scheduleOptions, subscriberOptions } from '@rookery/messaging';
import type { EntitySchema } from 'typeorm';
import { refuseInMemoryHandlers } from './event-bus';
import type { PersonalData } from './personal-data';

/** Where `@CommandHandler` and `@QueryHandler` record what a class handles; @nestjs/cqrs does not export the keys. */
const HANDLES = { command: '__commandHandler__', query: '__queryHandler__' };

/** A class of `contract.ts` and what stands for it. */
type OfferedProvider = ClassProvider | ExistingProvider;

/** A bounded context: what it consists of, sorted by what each app takes from it. */
export interface Context {
  readonly name: string;
  /** Groups of its operations in the API description, with what each is about; see {@link defineContext}. */
  readonly tags: Readonly<Record<string, string>>;
  /** Which role is granted which permissions. */
  readonly permissions: RolePermissions;
  /** Names of the contexts whose events and answers it builds on. */
  readonly requires: readonly string[];
  /** Brings what it keeps about all declarations up to date; see {@link Synchronize}. */
  readonly synchronize: Synchronize | undefined;
  readonly schemas: readonly EntitySchema[];
  readonly providers: readonly Provider[];
  /** What other contexts may ask of it: providers of abstract classes in its `contract.ts`. */
  readonly offers: readonly OfferedProvider[];
  /** Ports of its own `contract.ts` that another context answers; a process without one of them, or with two, does not boot. */
  readonly asks: readonly Abstract<unknown>[];
  /** Paths of routes that stand at the root instead of under `/v1`: pages that links in mails lead to. */
  readonly rootPaths: readonly string[];
  /** What the api alone is handed: passport strategies, which register themselves for a whole process. */
  readonly apiProviders: readonly Provider[];
  readonly controllers: readonly Type[];
  readonly handlers: readonly Type[];
  readonly subscribers: readonly Type<AnySubscriber>[];
  readonly schedules: readonly Type<Scheduled>[];
  /** Exports and erases what it holds about somebody; see {@link PersonalData}. */
  readonly personalData: Type<PersonalData> | undefined;
  /** Fills a development database; see {@link Seed}. */
  readonly seed: Type<Seed> | undefined;
  /** What operators may run by name from the command line; see {@link Cli}. */
  readonly cli: Readonly<Record<string, Cli>>;
  /** Brings about by name what suites start from; see {@link Fixture}. */
  readonly fixtures: Readonly<Record<string, Fixture>>;
}

/** By role: `{ moderator: ['posts:update:any'] }`. A role that includes another has its permissions too. */
export type RolePermissions = Readonly<Record<string, readonly string[]>>;

/**
 * Brings rows that follow from the declarations of all contexts up to date. It runs whenever migrations run, after them
 * and one process at a time.
 *
 * @param statement runs SQL and returns rows
 * @param contexts of the program, this one among them
 * @returns a line for each change
 */
export type Synchronize = (
  statement: (text: string, values: unknown[]) => Promise<Record<string, string>[]>,
  contexts: readonly Context[],
) => Promise<string[]>;

/**
 * Brings about what a suite starts from and no route does quickly.
 *
 * @param app whose providers it may use
 * @param args plain data, as is what it returns
 */
// oxlint-disable-next-line typescript/no-explicit-any -- each fixture takes what its callers agree on
export type Fixture = (app: INestApplicationContext, args: any) => Promise<unknown>;

/** What an operator runs from the command line, with PostgreSQL alone: also while Redis is away. */
export interface Cli {
  /** How it is used, in one line. */
  readonly usage: string;
  /** What it is made of, beside persistence. */
  readonly providers: readonly Provider[];
  /** @returns false for arguments that make no sense; the usage is shown then */
  accepts(args: readonly string[]): boolean;
  /**
   * @param app that provides what `providers` names
   * @param print writes a line for the operator
   * @throws Error whose message tells the operator what is wrong
   */
  run(app: INestApplicationContext, args: readonly string[], print: (line: string) => void): Promise<void>;
}

/** Puts demo data of a context into a development database; running it twice changes nothing. */
export interface Seed {
  run(): Promise<void>;
}

/**
 * Declares a bounded context. Its features are found, not listed: every class that a file below `features/` exports
 * and that is a controller, a command or query handler, a subscriber or a schedule takes part.
 *
 * @param name of the context; also of its PostgreSQL schema
 * @param folder that holds `features/`: `__dirname`
 * @param parts.tags groups of its operations in the API description, by name, with what each is about; every
 *   controller wears one of them as `@ApiTags()`
 * @param parts.permissions which role is granted which permissions; taken over whenever migrations run
 * @param parts.requires names of the contexts whose events and answers it builds on
 * @param parts.synchronize brings what it keeps about all declarations up to date, whenever migrations run
 * @param parts.schemas how its aggregates are stored
 * @param parts.providers what its features are handed: repositories, policies
 * @param parts.offers what other contexts may ask of it: providers of abstract classes in its `contract.ts`
 * @param parts.asks ports of its own `contract.ts` that exactly one other context offers
 * @param parts.apiProviders what its routes alone need: passport strategies
 * @param parts.rootPaths of routes that stand at the root instead of under `/v1`
 * @param parts.personalData exports and erases what it holds about somebody
 * @param parts.seed demo data
 * @param parts.cli what operators may run from the command line, by name
 * @param parts.fixtures what suites start from, by name
 * @throws Error when a feature's file exports nothing that takes part
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
      throw new Error(`${file} exports no controller, handler, subscriber or schedule.`);
    for (const type of classes) noteFile(type, relative(process.cwd(), file));
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
 * Puts contexts in an order in which each comes after those that it requires.
 *
 * @throws Error naming a context that is there twice, one that is required and missing, or those that require each other
 */
export function inOrder(contexts: readonly Context[]): Context[] {
  const ordered: Context[] = [];
  const twice = contexts.find(
    ({ name }, index) => contexts.findIndex((each) => each.name === name) !== index,
  );
  if (twice) throw new Error(`There are two contexts named ${twice.name}: rename one of them.`);
  const add = (context: Context, path: readonly string[]): void => {
    if (ordered.includes(context)) return;
    const here = [...path, context.name];
    if (path.includes(context.name))
      throw new Error(
        `The contexts ${here.slice(here.indexOf(context.name)).join(' → ')} require each other: take one of them out of "requires" in ${declarationOf(context.name)}.`,
      );
    for (const name of context.requires) {
      const required = contexts.find((each) => each.name === name);
      if (!required)
        throw new Error(
          `${declarationOf(context.name)} requires the context ${name}, which is not there: add it to libs/contexts/index.ts.`,
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
 * A port that nobody answers must not mean that nothing is hidden, nor may the order of contexts choose between two.
 *
 * @throws Error naming the port when a context asks for one that none offers, or when two offer the same
 */
export function checkPorts(contexts: readonly Context[]): void {
  const offered = contexts.flatMap(({ name, offers }) =>
    offers.map(({ provide }) => ({ name, port: provide })),
  );
  for (const [index, { name, port }] of offered.entries()) {
    const other = offered.slice(index + 1).find((each) => each.port === port);
    if (other)
      throw new Error(`${nameOf(port)} is offered by ${name} and by ${other.name}: only one may be.`);
  }
  for (const { name, asks } of contexts) {
    const open = asks.find((port) => !offered.some((each) => each.port === port));
    if (open)
      throw new Error(`${name} asks for ${nameOf(open)}, which no context offers: name it under \`offers\`.`);
  }
}

function nameOf(port: InjectionToken): string {
  return typeof port === 'function' ? port.name : String(port);
}

/** A feature's folder `publish-post/` holds `publish-post.ts` and whatever else that file imports. */
function featureFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name, name))
    .map((path) => ['.js', '.ts'].map((ending) => path + ending).find(existsSync) ?? missing(path))
    .sort();
}

function missing(path: string): never {
  throw new Error(`A feature's folder needs a file of its name: ${path}.ts.`);
}

/** A command that nobody handles, or two classes do, is found at boot and not by its first caller. */
function checkHandlers(exported: readonly Type[]): void {
  const handled = exported.flatMap((type) => handles(type)?.type ?? []);
  const twice = handled.find((type, index) => handled.indexOf(type) !== index);
  if (twice) throw new Error(`${twice.name} has two handlers.`);
  const orphan = exported.find(
    (type) =>
      (type.prototype instanceof Command || type.prototype instanceof Query) && !handled.includes(type),
  );
  if (orphan) throw new Error(`${orphan.name} has no handler.`);
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

/** @returns the command or query that a class handles; undefined when it is no handler. */
export function handles(type: Type): { type: Type; kind: 'command' | 'query' } | undefined {
  const kind = (['command', 'query'] as const).find((each) => Reflect.hasMetadata(HANDLES[each], type));
  return kind && { type: Reflect.getMetadata(HANDLES[kind], type) as Type, kind };
}
