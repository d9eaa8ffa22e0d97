import type { Schema } from './example-of';

/** A parameter of an operation, as in OpenAPI. */
export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema: Schema;
}

/** One operation of the API. */
export interface Operation {
  id: string;
  /** In lower case. */
  method: string;
  /** With parameters in braces: `/v1/posts/{id}`. */
  path: string;
  parameters: Parameter[];
  /** Schema of the body; undefined if there is none. */
  body: Schema | undefined;
  /** Documented statuses. */
  statuses: number[];
}

/** The parts of an OpenAPI document that tests use. */
export interface Description {
  paths: Record<
    string,
    Record<
      string,
      {
        operationId: string;
        parameters?: Parameter[];
        requestBody?: { content: Record<string, { schema: Schema }> };
        responses: Record<string, object>;
      }
    >
  >;
  components: { schemas: Record<string, Schema> };
}

/** @returns all operations of a document. */
export function operationsOf({ paths }: Description): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, parameters = [], requestBody, responses }]) => ({
      id: operationId,
      method,
      path,
      parameters,
      body: requestBody && Object.values(requestBody.content)[0]?.schema,
      statuses: Object.keys(responses).map(Number),
    })),
  );
}
