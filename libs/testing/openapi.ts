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
