/**
 * One request and its response. Every error response of the API is a problem document (RFC 9457); here it becomes a
 * `Problem`, and so does a server that cannot be reached.
 */

const BASE = '/v1';

/** What went wrong. `code` is stable: decide by it, never by the texts. */
export class Problem extends Error {
  /**
   * @param {number} status HTTP status; 0 without a response
   * @param {{ code: string, detail: string, errors?: { path: string, code: string, params: object, message: string }[] }} document
   * @param {number} [retryAfterSeconds] when it makes sense to try again
   */
  constructor(status, { code, detail, errors = [] }, retryAfterSeconds) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * @param {string} method
 * @param {string} path under `/v1`
 * @param {{ body?: object, headers?: Record<string, string> }} [options]
 * @returns {Promise<{ data: any, etag: string | null }>} the body, null if there is none, and its `ETag`
 * @throws {Problem}
 */
export async function send(method, path, { body, headers } = {}) {
  const response = await fetch(BASE + path, {
    method,
    // The cookie with the refresh token goes to this origin alone. A page of another origin needs 'include' here.
    credentials: 'same-origin',
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Problem(0, { code: 'network', detail: 'The server cannot be reached.' });
  });
  const text = await response.text();
  if (response.ok) return { data: text ? JSON.parse(text) : null, etag: response.headers.get('etag') };
  const retryAfter = Number(response.headers.get('retry-after')) || undefined;
  // A proxy in between may answer with a page of its own.
  const known = response.headers.get('content-type')?.startsWith('application/problem+json');
  const document = known ? JSON.parse(text) : { code: 'unknown', detail: `Status ${response.status}.` };
  throw new Problem(response.status, document, retryAfter);
}
