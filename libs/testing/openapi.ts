import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param document an OpenAPI document
 * @returns a copy in which references to shared responses, headers and parameters are resolved; schemas and examples
 *   stay references
 */
// oxlint-disable-next-line typescript/no-explicit-any -- tests ask for any part of it
export function resolveParts(document: any): any {
  const text = JSON.stringify(document, (_, value) => {
    const [, group, name] = /^#\/components\/(responses|headers|parameters)\/(.*)$/.exec(value?.$ref) ?? [];
    return group ? document.components[group][name!] : value;
  });
  return JSON.parse(text);
}

/** Every path can return these: if a path cannot be parsed, its operation is unknown. */
const MALFORMED = 'request.malformed';

/** The problems of an operation: codes by status. */
interface Described {
  method: string;
  path: RegExp;
  codes: Map<number, readonly string[]>;
}

let described: Described[] | undefined;

/**
 * @param path with its values, without the query
 * @param code of the problem that was returned
 * @returns whether the API description, as committed, does not list it for the operation; false for unknown operations
 */
export function isUndeclared(method: string, path: string, status: number, code: string): boolean {
  described ??= describedOperations();
  const operation = described.find((each) => each.method === method && each.path.test(path));
  return operation !== undefined && code !== MALFORMED && !operation.codes.get(status)?.includes(code);
}

/** @returns the operations, those with fewer parameters in their path first */
function describedOperations(): Described[] {
  const document = resolveParts(JSON.parse(readFileSync(join(__dirname, '../../openapi.json'), 'utf8')));
  return Object.entries(document.paths as Record<string, Record<string, { responses: object }>>)
    .toSorted(([one], [other]) => one.split('{').length - other.split('{').length)
    .flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { responses }]) => ({
        method: method.toUpperCase(),
        path: new RegExp(`^${path.replaceAll('.', String.raw`\.`).replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
        codes: new Map(
          Object.entries(responses).map(([status, response]) => [Number(status), codesOf(response)]),
        ),
      })),
    );
}

// oxlint-disable-next-line typescript/no-explicit-any -- a part of a document
function codesOf(response: any): string[] {
  return response.content?.['application/problem+json']?.schema?.allOf?.[1]?.properties?.code?.enum ?? [];
}
