import { isDeepStrictEqual } from 'node:util';

/** A reference to a component. */
export interface Reference {
  $ref: string;
}

type Group = 'headers' | 'parameters' | 'responses';

/** Components that several operations share. Each is described once, under a name derived from its content. */
export class Components {
  private readonly groups = {
    headers: new Map<string, object>(),
    parameters: new Map<string, object>(),
    responses: new Map<string, object>(),
  };

  /**
   * @param words source of the name: `Retry-After` becomes `RetryAfter`
   * @returns a reference to the component; undefined if the name is already used for a different one
   */
  share(group: Group, words: string, part: object): Reference | undefined {
    const name = words.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9]|$)/g, (_, first: string) =>
      first.toUpperCase(),
    );
    const known = this.groups[group].get(name);
    if (known && !isDeepStrictEqual(known, part)) return undefined;
    this.groups[group].set(name, part);
    return { $ref: `#/components/${group}/${name}` };
  }

  /** @returns the components of a document, sorted by name. */
  all(): Record<Group, Record<string, object>> {
    const sorted = (parts: Map<string, object>) =>
      Object.fromEntries([...parts].sort(([a], [b]) => (a < b ? -1 : 1)));
    const { headers, parameters, responses } = this.groups;
    return { headers: sorted(headers), parameters: sorted(parameters), responses: sorted(responses) };
  }
}
