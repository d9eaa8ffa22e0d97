/** 08P01, a protocol violation, is our own bug. */
const UNAVAILABLE_STATES = /^(08(?!P01)|53|57P0)/;
const UNAVAILABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
]);
const UNAVAILABLE_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|not queryable|Query runner already released|Cannot use a pool after calling end/;

/**
 * @returns whether the failure means that PostgreSQL is down, starting or out of connections, not that the statement is
 *   wrong.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  const { code, message } = causeOf(error);
  if (code !== undefined) return UNAVAILABLE_STATES.test(code) || UNAVAILABLE_CODES.has(code);
  return UNAVAILABLE_MESSAGES.test(message ?? '');
}

/** The driver assumes that a statement is prepared on this connection, but it is not, and this never changes. */
const STATEMENT_IS_MISSING = '26000';

/** @returns whether the connection must not be used again after this failure. */
export function leavesConnectionInDoubt(error: unknown): boolean {
  return isDatabaseUnavailable(error) || stateOf(error) === STATEMENT_IS_MISSING;
}

/** @returns the name of the violated unique constraint; undefined for any other failure. */
export function violatedUnique(error: unknown): string | undefined {
  const cause = causeOf(error);
  return cause.code === '23505' ? cause.constraint : undefined;
}

/** @returns whether PostgreSQL has aborted the transaction because it and another one waited for each other. */
export function isDeadlock(error: unknown): boolean {
  return stateOf(error) === '40P01';
}

/** @returns the SQLSTATE of a failure, or the code of a socket error; undefined if there is none. */
export function stateOf(error: unknown): string | undefined {
  return causeOf(error).code;
}

/** TypeORM wraps errors of the driver. */
function causeOf(error: unknown): { code?: string; message?: string; constraint?: string } {
  const wrapper = error as { driverError?: object } | null;
  return wrapper?.driverError ?? (error as object) ?? {};
}
