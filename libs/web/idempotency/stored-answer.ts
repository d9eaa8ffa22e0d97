import type { FastifyReply } from 'fastify';

/** Headers that are replayed. All others depend on the connection or the time, or are set on every response. */
const KEPT = ['content-type', 'cache-control', 'etag', 'link', 'location', 'retry-after', 'x-cache'];

/** A stored response. */
export interface StoredAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * Statuses that are not stored. Validation and sign-in are checked again on a retry: nothing was done, so a corrected
 * body can use the same key. A rate limit or failure can be over by then.
 */
const NOT_STORED = new Set([400, 401, 429]);

/** @returns the response about to be sent; undefined if it must not be stored. */
export function answerOf(reply: FastifyReply, payload: unknown): StoredAnswer | undefined {
  const { statusCode: status } = reply;
  if (status >= 500 || NOT_STORED.has(status)) return undefined;
  const body = textOf(payload);
  if (body === undefined) return undefined;
  const headers = KEPT.flatMap((name) => {
    const value = reply.getHeader(name);
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  return { status, headers: Object.fromEntries(headers), body };
}

/** @returns undefined for a stream, which can be read only once. */
function textOf(payload: unknown): string | undefined {
  if (payload === undefined || payload === null) return '';
  if (Buffer.isBuffer(payload)) return payload.toString('utf8');
  return typeof payload === 'string' ? payload : undefined;
}

/** Prepares a reply from a stored response; @returns its body. */
export function replay({ status, headers, body }: StoredAnswer, reply: FastifyReply): string | undefined {
  // With a custom serializer Fastify adds no charset to the type, which was stored as it was sent.
  void reply
    .code(status)
    .headers(headers)
    .header('idempotency-replayed', 'true')
    .serializer((text: string) => text);
  return body === '' ? undefined : body;
}
