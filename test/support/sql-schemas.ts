import ts from 'typescript';

/** Words that are in upper case only in SQL. */
const SQL =
  /\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|FROM|JOIN|REFERENCES|TRUNCATE|(?:CREATE|ALTER|DROP) [A-Z]+)\b/;

/** @returns the text of every string and template in a TypeScript file; interpolations are replaced by `?`. */
export function textsIn(source: string): string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) texts.push(node.text);
    if (ts.isTemplateExpression(node))
      texts.push([node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('?'));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('file.ts', source, ts.ScriptTarget.Latest, true));
  return texts;
}

/** @returns the schemas that SQL creates. */
export function createdSchemas(source: string): string[] {
  return textsIn(source).flatMap((text) =>
    [...text.matchAll(/\bCREATE SCHEMA (?:IF NOT EXISTS )?"?(\w+)/gi)].map(([, name]) => name!),
  );
}

const MOVE = /\bALTER TABLE (\w+)\.(\w+) SET SCHEMA (\w+)/g;

/** @returns the tables and views that SQL creates, or moves to another schema: `social.posts`. */
export function createdTables(source: string): string[] {
  return textsIn(source).flatMap((text) => [
    ...[...text.matchAll(/\bCREATE (?:TABLE|(?:MATERIALIZED )?VIEW) (?:IF NOT EXISTS )?(\w+\.\w+)/gi)].map(
      ([, name]) => name!,
    ),
    ...[...text.matchAll(MOVE)].map(([, , table, schema]) => `${schema}.${table}`),
  ]);
}

/** @returns the source without statements that do nothing but move a table: it belongs to one schema, then to the other. */
export function withoutMoves(source: string): string {
  return source.replace(MOVE, '');
}

/**
 * @param source TypeScript
 * @param schemas all schemas
 * @param tables all tables with their schemas; a fragment that names one of them counts as SQL
 * @returns the schemas in its SQL, or of its stored aggregates
 */
export function schemasIn(source: string, schemas: readonly string[], tables: readonly string[]): string[] {
  const named = new RegExp(`(?<![\\w.'])"?(${schemas.join('|')})"?\\."?(\\w+)"?(?![\\w-])`, 'g');
  const bySql = textsIn(source).flatMap((text) =>
    [...text.matchAll(named)]
      .filter(([, schema, table]) => SQL.test(text) || tables.includes(`${schema}.${table}`))
      .map(([, schema]) => schema!),
  );
  const created = textsIn(source).flatMap((text) =>
    [...text.matchAll(/\b(?:CREATE|ALTER|DROP) SCHEMA (?:IF (?:NOT )?EXISTS )?"?(\w+)/gi)].map(
      ([, name]) => name!,
    ),
  );
  const stored = [...source.matchAll(/\bschema: '(\w+)'/g)].map(([, name]) => name!);
  return [...new Set([...bySql, ...created, ...stored])].filter((name) => schemas.includes(name)).toSorted();
}
