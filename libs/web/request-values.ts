import type { FieldError } from './problem';

/** Errors that one answer names. */
export const MAX_ERRORS = 100;
/** Characters of a name that an error repeats: an answer must not be many times as large as its request. */
const MAX_NAME = 100;

/**
 * The one look at everything that a client has sent, before any class knows of it. What it lets through, PostgreSQL
 * stores and libraries read.
 *
 * @param value as a body or a query was read
 * @returns names that every object inherits (nestjs/nest#16050), and texts with NUL, which PostgreSQL cannot store, or
 *   with lone surrogates, which UTF-8 cannot carry; at most 100 of them
 */
export function inspect(value: unknown): FieldError[] {
  const errors: FieldError[] = [];
  const visit = (inner: unknown, path: string): void => {
    if (typeof inner === 'string' && !isStorable(inner)) errors.push(unstorable(path));
    if (typeof inner !== 'object' || inner === null) return;
    for (const name of Object.keys(inner)) {
      if (errors.length >= MAX_ERRORS) return;
      const at = pathOf(path, name);
      if (name in Object.prototype) errors.push(unknownField(at));
      else visit((inner as Record<string, unknown>)[name], at);
    }
  };
  visit(value, '');
  return errors;
}

/** @returns whether PostgreSQL stores the text and UTF-8 carries it. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** @returns where a member stands: `items.0.name`, with a long name cut. */
export function pathOf(parent: string, name: string): string {
  const short = name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
  return parent ? `${parent}.${short}` : short;
}

/** @returns the error of a member that the route does not know. */
export function unknownField(path: string): FieldError {
  return { path, code: 'unknown', message: `${path} is not a field of this request.` };
}

function unstorable(path: string): FieldError {
  const message = `${path || 'The body'} must not contain NUL characters or lone surrogates.`;
  return { path, code: 'characters', message };
}
