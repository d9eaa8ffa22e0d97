/** The name of something whose rows outlive the process, and so the class: it stays when the class is renamed. */
export interface DurableName {
  /** `<context>.<verb-phrase>`, kebab-case: `social.project-feed`. Stable: rows bear it. */
  readonly name: string;
  /** Names that rows from before may still bear. */
  readonly formerly: readonly string[];
}

/**
 * @param kind for the error: `subscriber`
 * @throws Error when a name is misspelt
 */
export function durableName(kind: string, name: string, formerly: readonly string[] = []): DurableName {
  if (!/^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/.test(name)) {
    throw new Error(`The name of a ${kind} must read <context>.<verb-phrase> in kebab-case: "${name}".`);
  }
  const odd = formerly.find((former) => !/^[\w.-]+$/.test(former));
  if (odd !== undefined) throw new Error(`"${odd}" cannot have been the name of the ${kind} ${name}.`);
  return { name, formerly };
}

type Named<T> = DurableName & { readonly type: T };

/** All of one kind that have a durable name. No two of them share one, nor one that the other had before. */
export class DurableNames<T extends { name: string }, K extends Named<T>> {
  private readonly known = new Map<string, K>();

  /** @param kind for the error: `subscriber` */
  constructor(private readonly kind: string) {}

  /** @throws Error when one of its names is or was another's */
  add(one: K): void {
    for (const name of [one.name, ...one.formerly]) {
      const other = this.known.get(name);
      if (other) {
        throw new Error(
          `There are two ${this.kind}s named ${name}: ${whereIs(other.type)} and ${whereIs(one.type)}. ` +
            'Give one of them another name; only one may have borne it formerly.',
        );
      }
    }
    for (const name of [one.name, ...one.formerly]) this.known.set(name, one);
  }

  /** @returns who has this name, or had it before; undefined when nobody does. */
  get(name: string): K | undefined {
    return this.known.get(name);
  }

  /** @returns all, by name. */
  all(): readonly K[] {
    return [...new Set(this.known.values())].sort((a, b) => a.name.localeCompare(b.name));
  }
}

const files = new WeakMap<object, string>();

/** Notes in which file a class stands, so that what boot refuses can be found. */
export function noteFile(type: object, file: string): void {
  files.set(type, file);
}

/** @returns a class as an error names it: `ProjectFeed (libs/contexts/social/…/read-feed.ts)` */
export function whereIs(type: { name: string }): string {
  const file = files.get(type);
  return file === undefined ? type.name : `${type.name} (${file})`;
}
