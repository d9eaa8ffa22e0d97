import { definedRules, type RuleDefinition } from '@rookery/domain';
import { z } from 'zod';

/** JSON Schema of one parameter of a rule. */
export interface ParamSchema {
  description?: string;
  [keyword: string]: unknown;
}

/** @returns the JSON Schemas of the parameters of a rule, by name. */
export function paramSchemas({ params }: RuleDefinition): Record<string, ParamSchema> {
  // Without it zod adds the limits of safe integers to the schema.
  const { properties = {} } = z.toJSONSchema(params, {
    override: ({ jsonSchema }) => {
      if (jsonSchema.type !== 'integer') return;
      delete jsonSchema.minimum;
      delete jsonSchema.maximum;
    },
  });
  return properties as Record<string, ParamSchema>;
}

/**
 * @returns the JSON Schemas of the parameters of all rules in one object; the code decides which of them are present.
 */
export function allParamSchemas(): Record<string, ParamSchema> {
  const byName = Map.groupBy(
    definedRules().flatMap((rule) =>
      Object.entries(paramSchemas(rule)).map(([name, schema]) => ({ code: rule.code, name, schema })),
    ),
    ({ name }) => name,
  );
  return Object.fromEntries([...byName].map(([name, uses]) => [name, merged(uses)]));
}

function merged(uses: { code: string; schema: ParamSchema }[]): ParamSchema {
  const description = uses.map(({ code, schema }) => `\`${code}\`: ${schema.description ?? ''}`).join(' ');
  const shapes = uses.map(({ schema }) =>
    Object.fromEntries(Object.entries(schema).filter(([keyword]) => keyword !== 'description')),
  );
  const different = [...new Map(shapes.map((shape) => [JSON.stringify(shape), shape])).values()];
  return { ...(different.length === 1 ? different[0] : { anyOf: different }), description };
}
