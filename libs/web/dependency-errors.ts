/** SQLSTATEs that mean the database is unavailable: connection, resources, operator intervention, timeouts. */
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

/** ioredis and node-postgres identify some failures only by their message. */
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

// TypeORM releases a connection that PostgreSQL has closed while it is in use.
const NAMES = new Set([
  'MaxRetriesPerRequestError',
  'ClusterAllFailedError',
  'QueryRunnerAlreadyReleasedError',
]);

/**
 * Distinguishes an unavailable PostgreSQL or Redis from our own bugs. Wrapped errors (TypeORM, `cause`,
 * `AggregateError`) are inspected. 25006, a write in a read-only transaction, and 08P01, a protocol violation, are our
 * own bugs.
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
