/** SQLSTATEs that say the database cannot serve now: connection, resources, operator intervention, time-outs. */
const SQL_UNAVAILABLE = new Set([
  '53300',
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '57014',
  '55P03',
  '25P03',
  '25P04',
]);

const SOCKET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** ioredis and node-postgres tell some failures by nothing but their text. */
const MESSAGES = [
  /^Connection is closed\.?$/,
  /^Stream isn't writeable and enableOfflineQueue options is false$/,
  /^Command timed out$/,
  /^Connection terminated/,
  /^timeout exceeded when trying to connect$/,
  /^timeout expired$/,
  /^Query read timeout$/,
  /^Client has encountered a connection error and is not queryable$/,
  /^connect ETIMEDOUT$/,
  /^(LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|OOM|TRYAGAIN|BUSY) /,
];

// TypeORM takes a connection that PostgreSQL has ended away from whoever is at work on it.
const NAMES = new Set([
  'MaxRetriesPerRequestError',
  'ClusterAllFailedError',
  'QueryRunnerAlreadyReleasedError',
]);

/**
 * Tells that PostgreSQL or Redis cannot serve now from a mistake of ours. Errors that wrap others (TypeORM, `cause`,
 * `AggregateError`) are looked into. 25006, a write in a read-only transaction, and 08P01, a protocol violation, are mistakes of ours.
 */
export function isDependencyUnavailable(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 4) return false;
  const { code, driverError, errors, cause } = error as Error & Record<string, unknown>;
  if (typeof code === 'string') {
    if (SOCKET.has(code) || SQL_UNAVAILABLE.has(code) || /^(08(?!P01)|53)[0-9A-Z]{3}$/.test(code))
      return true;
  }
  if (NAMES.has(error.name) || MESSAGES.some((pattern) => pattern.test(error.message))) return true;
  const inner = [driverError, cause, ...(Array.isArray(errors) ? (errors as unknown[]) : [])];
  return inner.some((wrapped) => isDependencyUnavailable(wrapped, depth + 1));
}
