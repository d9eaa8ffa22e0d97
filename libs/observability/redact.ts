const HIDDEN = '[hidden]';
const MAX_DEPTH = 8;

/** Field names whose values are never logged, also as part of a longer name: `newPassword`, `refresh_token` … */
const SECRET_NAME =
  /^(code|otp|pin|authorization|proxy-?authorization|cookie|set-?cookie|query|querystring)$|pass(word|phrase)|passwd|secret|token|api-?_?key|private-?_?key|credential|recovery-?_?codes?|mfa-?_?code|provisioning-?_?uri|^qr-?_?code$/i;

/** Secrets inside texts: bearer tokens, JWTs, our API keys, passwords in connection URLs. */
const SECRET_TEXT =
  /\b(Bearer|Basic)\s+[\w.~+/-]+=*|\beyJ[\w-]+\.[\w-]+\.[\w-]*|\brk_[\w-]+|\botpauth:\S+|(?<=:\/\/[^\s:@/]*:)[^\s@/]+(?=@)/gi;

/** A cheap test first, because every request logs a line and most texts contain none of these. */
const SUSPICIOUS = /bearer|basic|eyJ|rk_|:\/\//i;

/** @returns the text without secrets that can be recognized by their pattern. */
export function redactText(text: string): string {
  return SUSPICIOUS.test(text) ? text.replaceAll(SECRET_TEXT, HIDDEN) : text;
}

const MAX_NAMES = 1_000;
const verdicts = new Map<string, boolean>();

/** The same few names occur repeatedly, so the results are cached. */
function isSecretName(name: string): boolean {
  let secret = verdicts.get(name);
  if (secret === undefined) {
    secret = SECRET_NAME.test(name);
    if (verdicts.size < MAX_NAMES) verdicts.set(name, secret);
  }
  return secret;
}

/**
 * Hides secrets in an object that is about to be logged, at any depth. The object itself is not changed. Of errors only
 * type, message and stack remain, without secrets.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return redactError(value);
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  if (!isPlain(value)) return value;
  const cleaned: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    const hidden = item !== undefined && item !== null && isSecretName(name);
    cleaned[name] = hidden ? HIDDEN : redact(item, depth + 1);
  }
  return cleaned;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** An error in the format of the Elastic Common Schema. */
export interface LoggedError {
  type: string;
  message: string;
  stack_trace: string;
}

/**
 * Only type, message and stack of an error are logged: other properties of library errors contain queries and headers.
 */
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
