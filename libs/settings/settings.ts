import { readFileSync } from 'node:fs';
import type { z } from 'zod';

/** One environment variable: its name, its schema and its description. */
export interface Setting<T> {
  readonly name: string;
  readonly schema: z.ZodType<T>;
  readonly doc: string;
  /** Default if the variable is not set. */
  readonly default?: string;
  /** Default if it is not set; production refuses to boot with this value. */
  readonly development?: string;
  /**
   * Check for production only, of a value that is fine in development.
   *
   * @returns the rest of a message that begins with the variable name and says what to do: `is short; use …`; undefined
   *   if the value is valid
   */
  readonly production?: (text: string) => string | undefined;
}

type Shape = Record<string, Setting<unknown>>;
type Values<S extends Shape> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

/** A group of settings: injectable by its class, built from an environment. */
export interface SettingsClass<V = object> {
  new (environment?: NodeJS.ProcessEnv): V;
  readonly title: string;
  readonly shape: Shape;
}

/** Invalid environment; the message names every invalid variable and what it should be. */
export class InvalidSettings extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`Invalid settings:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'InvalidSettings';
  }
}

/** Declares one setting; see {@link Setting} for the fields. */
export function setting<T>(
  name: string,
  schema: z.ZodType<T>,
  rest: Omit<Setting<T>, 'name' | 'schema'>,
): Setting<T> {
  return { name, schema, ...rest };
}

const groups: SettingsClass[] = [];

/**
 * Declares a group of settings, to be extended by a class that serves as its injection token: `class MailSettings
 * extends defineSettings('Mail', { url: setting('SMTP_URL', …) }) {}`. A variable `X` can also be set as `X_FILE`, the
 * path of a file that contains the value.
 *
 * @param objection returns what is wrong with the combination of individually valid settings; undefined if nothing is
 * @throws InvalidSettings when constructed from an invalid environment
 */
export function defineSettings<S extends Shape>(
  title: string,
  shape: S,
  objection?: (values: Values<S>) => string | undefined,
): SettingsClass<Values<S>> {
  class Group {
    static readonly title = title;
    static readonly shape = shape;

    constructor(environment: NodeJS.ProcessEnv = process.env) {
      const problems: string[] = [];
      for (const [key, item] of Object.entries(shape)) {
        try {
          Object.assign(this, { [key]: read(item, environment) });
        } catch (error) {
          problems.push((error as Error).message);
        }
      }
      const together = problems.length === 0 ? objection?.(this as unknown as Values<S>) : undefined;
      if (together !== undefined) problems.push(together);
      if (problems.length > 0) throw new InvalidSettings(problems);
    }
  }
  checkNames(title, shape);
  groups.push(Group);
  return Group as unknown as SettingsClass<Values<S>>;
}

/** Two groups with the same variable would describe it twice and could parse it differently. */
function checkNames(title: string, shape: Shape): void {
  if (groups.some((group) => group.title === title))
    throw new Error(`Two groups of settings are named ${title}.`);
  const taken = new Set(groups.flatMap((group) => Object.values(group.shape).map(({ name }) => name)));
  const twice = Object.values(shape).find(({ name }) => taken.has(name));
  if (twice) throw new Error(`${twice.name} is declared twice.`);
}

/** @returns every declared group, by title. */
export function definedSettings(): readonly SettingsClass[] {
  return [...groups].sort((a, b) => a.title.localeCompare(b.title));
}

/**
 * Checks all declared groups at once, so that one boot reports every error.
 *
 * @throws InvalidSettings naming every missing or invalid variable
 */
export function checkSettings(environment: NodeJS.ProcessEnv = process.env): void {
  const problems = definedSettings().flatMap((Group) => {
    try {
      void new Group(environment);
      return [];
    } catch (error) {
      if (error instanceof InvalidSettings) return error.problems;
      throw error;
    }
  });
  if (problems.length > 0) throw new InvalidSettings(problems);
}

function read<T>(item: Setting<T>, environment: NodeJS.ProcessEnv): T {
  const production = environment.NODE_ENV === 'production';
  const given = fromEnvironment(item.name, environment);
  if (production && item.development !== undefined && (given ?? item.development) === item.development) {
    const state = given === undefined ? 'is missing' : 'still has its development value';
    throw new Error(`${item.name} ${state}; production requires a custom value. ${item.doc}`);
  }
  const text = given ?? item.default ?? item.development;
  if (text === undefined) throw new Error(`${item.name} is missing. ${item.doc}`);
  const result = item.schema.safeParse(text);
  if (result.success) {
    const objection = production ? item.production?.(text) : undefined;
    if (objection !== undefined) throw new Error(`${item.name} ${objection}.`);
    return result.data;
  }
  throw new Error(
    `${item.name} is wrong: ${result.error.issues.map((issue) => issue.message).join('; ')}. ${item.doc}`,
  );
}

function fromEnvironment(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const text = environment[name];
  if (text !== undefined && text !== '') return text;
  const file = environment[`${name}_FILE`];
  if (file === undefined || file === '') return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${name}_FILE names a file that cannot be read: ${code}.`, { cause: error });
  }
}
