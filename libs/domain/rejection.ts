import type { z } from 'zod';
import { FieldError, type RuleDefinition } from './rules';

/** The kind of a domain rejection; the web layer maps it to its protocol. */
export type RejectionKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'missing'
  | 'conflict'
  | 'gone'
  | 'locked'
  | 'exhausted'
  | 'unavailable';

/** A domain rule, declared once: thrown by the model, documented by the web layer. */
export interface RejectionDefinition {
  /** `<area>.<reason>`, kebab-case. Stable API. */
  readonly code: string;
  readonly kind: RejectionKind;
  /** A short phrase that applies to every case: the title of the problem and of its page. */
  readonly title: string;
  /** One sentence for the caller. */
  readonly message: string;
  /** What the caller can do about it. */
  readonly remedy: string;
  /** The field of the request that it is about, so that a form can show the error at the field. */
  readonly field?: FieldError;
}

/** A domain rule was violated. This is not a program error and is not logged as one. */
export class Rejection extends Error {
  readonly kind: RejectionKind;
  readonly code: string;
  /** Whole seconds after which a retry makes sense, if known. */
  readonly retryAfterSeconds: number | undefined;
  /** Id of the subject, for the audit log; never sent to the caller. */
  readonly subject: string | undefined;
  /** The fields of the request that it is about, and the rules that they violate. */
  readonly errors: readonly FieldError[] | undefined;

  /**
   * @param options.detail what happened in this case, in sentences for the caller; by default the message of the
   *   definition
   * @param options.errors by default the field of the definition
   */
  constructor(
    definition: RejectionDefinition,
    options: {
      detail?: string;
      retryAfterSeconds?: number;
      subject?: string;
      errors?: readonly FieldError[];
    } = {},
  ) {
    super(options.detail ?? definition.message);
    this.name = 'Rejection';
    this.kind = definition.kind;
    this.code = definition.code;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.subject = options.subject;
    this.errors = options.errors ?? (definition.field && [definition.field]);
  }
}

const definitions = new Map<string, RejectionDefinition>();

/**
 * Declares a domain rule.
 *
 * @param title a phrase for people; by default derived from the code: `late.arrival` is "Arrival"
 * @param field the field of the request that it is about, and the rule that it violates
 * @throws Error if the code is already declared or malformed
 */
export function defineRejection<Params extends z.ZodObject>(
  code: string,
  kind: RejectionKind,
  message: string,
  remedy: string,
  title = titleOf(code),
  field?: { path: string; rule: RuleDefinition<Params>; params: z.input<Params> },
): RejectionDefinition {
  if (!/^[a-z][a-z-]*\.[a-z][a-z-]*$/.test(code)) {
    throw new Error(`Rejection code "${code}" must have the form <area>.<reason> in kebab-case.`);
  }
  if (definitions.has(code)) throw new Error(`Rejection ${code} is defined twice.`);
  const definition = {
    code,
    kind,
    title,
    message,
    remedy,
    ...(field && { field: FieldError.of(field.rule, field.path, field.params, message) }),
  };
  definitions.set(code, definition);
  return definition;
}

/** `nest.all-taken` → `All taken`. */
function titleOf(code: string): string {
  const reason = code.slice(code.indexOf('.') + 1).replaceAll('-', ' ');
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}

/** @returns every declared rejection, by code. */
export function definedRejections(): readonly RejectionDefinition[] {
  return [...definitions.values()].sort((a, b) => a.code.localeCompare(b.code));
}

/** A concurrent change won: read again and retry. */
export const Conflict = defineRejection(
  'resource.conflict',
  'conflict',
  'Somebody else changed the resource at the same time.',
  'Read the resource again and repeat the change if it still makes sense.',
  'Concurrent change',
);

/** The requested resource does not exist, or the caller is not allowed to know that it exists. */
export const NotFound = defineRejection(
  'resource.not-found',
  'missing',
  'The resource does not exist.',
  'Check the id. A resource that you are not allowed to see gets the same response.',
  'Resource not found',
);

/** The caller is not signed in, or no longer signed in. */
export const Unauthenticated = defineRejection(
  'auth.unauthenticated',
  'unauthenticated',
  'The request has no valid access token.',
  'Send Authorization: Bearer with an access token; refresh it when it has expired.',
  'Not signed in',
);

/** The caller does not have permission to do this. */
export const Forbidden = defineRejection(
  'auth.forbidden',
  'forbidden',
  'You do not have permission to do this.',
  'The API description names the required permission as x-required-permission, or as x-permission-beyond-own for resources of others.',
  'Permission denied',
);

/** A dependency of Rookery does not respond. */
export const DependencyUnavailable = defineRejection(
  'dependency.unavailable',
  'unavailable',
  'A required service does not respond at the moment.',
  'Try again after the number of seconds in Retry-After.',
  'Temporarily unavailable',
);
