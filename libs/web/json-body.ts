import type { FastifyInstance } from 'fastify';
import { RequestRefused } from './problem';
import { Problems } from './problems';
import { inheritedNames, refused } from './validation';

const DEEPEST = 32;

/**
 * Reads JSON bodies and nothing else: other media types are 415, more than 32 levels 400, names that every object
 * inherits (`__proto__`, `constructor`) are unknown fields.
 */
export function readJsonBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, parseJson(text as string));
    } catch (error) {
      done(error as Error);
    }
  });
}

/**
 * @throws RequestRefused `request.malformed-json` or, for inherited names, `request.invalid`
 */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RequestRefused(Problems.malformedJson);
  }
  if (isDeeper(value, DEEPEST)) throw new RequestRefused(Problems.malformedJson);
  const errors = inheritedNames(value);
  if (errors.length > 0) throw refused(errors);
  return value;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
