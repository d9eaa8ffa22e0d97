import { FieldError, Rules } from '@rookery/domain';

/** Maximum errors in one response. */
export const MAX_ERRORS = 100;
/** Maximum characters of a name in an error: a response must not be much larger than its request. */
const MAX_NAME = 100;

/**
 * Checks all client input before validation by class. Accepted values can be stored by PostgreSQL and read by
 * libraries.
 *
 * @param value parsed body or query
 * @returns errors for names that every object inherits (nestjs/nest#16050), and for texts with NUL, which PostgreSQL
 *   cannot store, or with lone surrogates, which UTF-8 cannot encode; at most 100
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

/** @returns whether PostgreSQL can store the text and UTF-8 can encode it. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** @returns the path of a member: `items.0.name`, with a long name truncated. */
export function pathOf(parent: string, name: string): string {
  const short = name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
  return parent ? `${parent}.${short}` : short;
}

/** @returns the error for an unknown member. */
export function unknownField(path: string): FieldError {
  return FieldError.of(Rules.unknown, path, {}, `${path} is not a field of this request.`);
}

function unstorable(path: string): FieldError {
  const message = `${path || 'The body'} must not contain NUL characters or lone surrogates.`;
  return FieldError.of(Rules.characters, path, {}, message);
}
