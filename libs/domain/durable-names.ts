/**
 * A name that is stored in rows. It is independent of the class name, and does not change when the class is renamed.
 */
export interface DurableName {
  /** `<context>.<verb-phrase>`, kebab-case: `social.project-feed`. Stable: rows contain it. */
  readonly name: string;
  /** Previous names that existing rows can still contain. */
  readonly formerly: readonly string[];
}

/**
 * @param kind for the error: `subscriber`
 * @throws Error if a name is malformed
 */
export function durableName(kind: string, name: string, formerly: readonly string[] = []): DurableName {
  if (!/^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/.test(name)) {
    throw new Error(
      `The name of a ${kind} must have the form <context>.<verb-phrase> in kebab-case: "${name}".`,
    );
  }
  const odd = formerly.find((former) => !/^[\w.-]+$/.test(former));
  if (odd !== undefined) throw new Error(`"${odd}" cannot have been the name of the ${kind} ${name}.`);
  return { name, formerly };
}

type Named<T> = DurableName & { readonly type: T };

/** Registry of everything of one kind with a durable name. No two share a name, current or previous. */
export class DurableNames<T extends { name: string }, K extends Named<T>> {
  private readonly known = new Map<string, K>();

  /** @param kind for the error: `subscriber` */
  constructor(private readonly kind: string) {}

  /** @throws Error if one of its names is or was used by another */
  add(one: K): void {
    for (const name of [one.name, ...one.formerly]) {
      const other = this.known.get(name);
      if (other) {
        throw new Error(
          `Two ${this.kind}s are named ${name}: ${whereIs(other.type)} and ${whereIs(one.type)}. ` +
            'Rename one of them. Only one of them can list the name in `formerly`.',
        );
      }
    }
    for (const name of [one.name, ...one.formerly]) this.known.set(name, one);
  }

  /** @returns the entry with this name, current or previous; undefined if there is none. */
  get(name: string): K | undefined {
    return this.known.get(name);
  }

  /** @returns all entries, by name. */
  all(): readonly K[] {
    return [...new Set(this.known.values())].sort((a, b) => a.name.localeCompare(b.name));
  }
}

const files = new WeakMap<object, string>();

/** Records the file of a class, so that boot errors can name it. */
export function noteFile(type: object, file: string): void {
  files.set(type, file);
}

/** @returns the description of a class in errors: `ProjectFeed (libs/contexts/social/…/read-feed.ts)` */
export function whereIs(type: { name: string }): string {
  const file = files.get(type);
  return file === undefined ? type.name : `${type.name} (${file})`;
}
