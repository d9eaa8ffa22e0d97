const HIDDEN = '[hidden]';
const DEEPEST = 8;

/** Names of fields whose values never reach a log, whatever stands around them: `newPassword`, `refresh_token` … */
const SECRET_NAME =
  /^(code|otp|pin|authorization|proxy-?authorization|cookie|set-?cookie|query|querystring)$|pass(word|phrase)|passwd|secret|token|api-?_?key|private-?_?key|credential|recovery-?_?codes?|mfa-?_?code/i;

/** Secrets inside texts: bearer tokens, JWTs, our API keys, passwords in connection addresses. */
const SECRET_TEXT =
  /\b(Bearer|Basic)\s+[\w.~+/-]+=*|\beyJ[\w-]+\.[\w-]+\.[\w-]*|\brk_[\w-]+|(?<=:\/\/[^\s:@/]*:)[^\s@/]+(?=@)/gi;

/** @returns the text without the secrets that can be told by their form. */
export function redactText(text: string): string {
  return text.replaceAll(SECRET_TEXT, HIDDEN);
}

/**
 * Hides secrets in an object that is about to be logged, at any depth. The object itself is left alone.
 * Of errors only type, message and stack remain, without the secrets in them.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return redactError(value);
  if (depth >= DEEPEST) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      item !== undefined && item !== null && SECRET_NAME.test(name) ? HIDDEN : redact(item, depth + 1),
    ]),
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** An error as the Elastic Common Schema has it. */
export interface LoggedError {
  type: string;
  message: string;
  stack_trace: string;
}

/** Only type, message and stack are logged of an error: other properties of libraries carry queries and headers. */
function redactError(error: Error): LoggedError {
  return {
    type: error.constructor.name || error.name,
    message: redactText(error.message),
    stack_trace: redactText(withCauses(error)),
  };
}

function withCauses(error: Error): string {
  const stack = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause instanceof Error && error.cause !== error
    ? `${stack}\nCaused by: ${error.cause.stack ?? error.cause.message}`
    : stack;
}
