import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { varyBy } from './caching';
import { DIGEST_LENGTH, isSame, tagsIn } from './etag';

type Encoding = 'br' | 'gzip' | 'identity';

/** Brotli quality: almost as small as with 11, in a tenth of the time. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

/** A text that is compressed once for each encoding. */
export class FixedResponse {
  private readonly bytes = new Map<Encoding, Promise<Buffer>>();
  private readonly digest: string;

  /** @param type media type */
  constructor(
    readonly text: string,
    readonly type: string,
  ) {
    this.digest = hash('sha256', text, 'base64url').slice(0, DIGEST_LENGTH);
  }

  /** @returns the bytes; the same for every caller, so that they must not be changed */
  in(encoding: Encoding): Promise<Buffer> {
    let bytes = this.bytes.get(encoding);
    if (!bytes) {
      bytes = encode(this.text, encoding);
      this.bytes.set(encoding, bytes);
    }
    return bytes;
  }

  /** @returns its entity tag: a compressed one differs (RFC 9110 §8.8.3.3) */
  tag(encoding: Encoding): string {
    return encoding === 'identity' ? `"${this.digest}"` : `"${this.digest}-${encoding}"`;
  }
}

/**
 * Serves texts that do not change while the process runs from memory, with an `ETag`. Each route runs only once:
 * serializing and compressing a megabyte per request would keep a CPU busy. Add it before the server is ready, so that
 * it runs before compression.
 *
 * @param routes patterns of routes whose text does not depend on the request; responses other than texts, such as
 *   files, are not changed
 */
export function fixResponses(server: FastifyInstance, routes: RegExp): void {
  const known = new Map<string, FixedResponse>();
  server.addHook('preHandler', (request, reply, done) => {
    const fixed = known.get(routeOf(request));
    if (fixed) void reply.type(fixed.type).send(fixed.text);
    else done();
  });
  server.addHook('onSend', async (request, reply, payload) => {
    const route = routeOf(request);
    if (typeof payload !== 'string' || reply.statusCode !== 200 || !routes.test(route)) return payload;
    const fixed = known.get(route) ?? new FixedResponse(payload, String(reply.getHeader('content-type')));
    known.set(route, fixed);
    const { headers, method } = request;
    const encoding = preferred(headers['accept-encoding']);
    const etag = fixed.tag(encoding);
    varyBy(reply, 'Accept-Encoding');
    reply.header('etag', etag).removeHeader('content-length');
    if (tagsIn(headers['if-none-match'] ?? '').some((tag) => isSame(tag, etag))) {
      reply.code(304).removeHeader('content-type');
      return method === 'HEAD' ? payload : null; // Fastify itself removes the body of a HEAD, and fails without one
    }
    if (encoding !== 'identity') reply.header('content-encoding', encoding);
    return fixed.in(encoding);
  });
}

/** The route pattern, because a path has thousands of spellings (`/%64ocs`), and each would be cached. */
function routeOf({ routeOptions }: FastifyRequest): string {
  return routeOptions.url ?? '';
}

/** @returns the smallest of the encodings that the header accepts (RFC 9110 §12.5.3). */
function preferred(header = ''): Encoding {
  const accepted = new Set<string>();
  for (const part of header.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((each) => each.trim().toLowerCase());
    if (!parameters.some((each) => /^q=0(\.0*)?$/.test(each))) accepted.add(name);
  }
  if (accepted.has('br')) return 'br';
  return accepted.has('gzip') || accepted.has('*') ? 'gzip' : 'identity';
}

async function encode(text: string, encoding: Encoding): Promise<Buffer> {
  const bytes = Buffer.from(text);
  if (encoding === 'br') return promisify(brotliCompress)(bytes, BROTLI);
  return encoding === 'gzip' ? promisify(gzip)(bytes) : bytes;
}
