/** The parts of a JSON Schema that examples are made from. */
export interface Schema {
  $ref?: string;
  allOf?: Schema[];
  oneOf?: Schema[];
  type?: string | string[];
  format?: string;
  pattern?: string;
  enum?: unknown[];
  default?: unknown;
  example?: unknown;
  minLength?: number;
  minimum?: number;
  minItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

const FORMATS: Record<string, string> = {
  uuid: '01890000-0000-7000-8000-000000000000',
  email: 'somebody@example.com',
  uri: 'https://example.com/',
  'date-time': '2026-01-01T00:00:00.000Z',
  date: '2026-01-01',
};

/**
 * @param schema of a body or parameter
 * @param schemas referenced schemas: `components.schemas`
 * @returns the smallest valid value: only required fields, with a schema's own example if it has one
 * @throws Error for a pattern without an example, because no text can be generated for it
 */
export function exampleOf(schema: Schema, schemas: Record<string, Schema>): unknown {
  if (schema.example !== undefined) return schema.example;
  if (schema.$ref) return exampleOf(schemas[schema.$ref.split('/').at(-1)!]!, schemas);
  if (schema.allOf) return merged(schema.allOf.map((part) => exampleOf(part, schemas)));
  if (schema.oneOf && !schema.properties) return exampleOf(schema.oneOf[0]!, schemas);
  if (schema.enum) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type ?? 'object') {
    case 'string':
      return textFor(schema);
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    case 'boolean':
      return false;
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => exampleOf(schema.items ?? {}, schemas));
    default:
      return Object.fromEntries(
        [...(schema.required ?? []), ...(schema.oneOf?.[0]?.required ?? [])].map((name) => [
          name,
          exampleOf(schema.properties?.[name] ?? {}, schemas),
        ]),
      );
  }
}

function textFor({ format, pattern, minLength = 0 }: Schema): string {
  const known = FORMATS[format ?? ''];
  if (known !== undefined) return known;
  if (pattern !== undefined) throw new Error(`Give the field with the pattern ${pattern} an example.`);
  return 'x'.repeat(minLength);
}

function merged(parts: unknown[]): unknown {
  const [first] = parts;
  return typeof first === 'object' ? Object.assign({}, ...parts) : first;
}
