import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type HeldFile, HeldFiles } from './held-files';
import { RequestRefused } from './problem';
import { Problems } from './problems';
import { inspect } from './request-values';
import { AddToRouteConfig } from './route-config';
import { refused } from './validation';

const MAX_DEPTH = 32;
/** Maximum total members and items per body, unless the route sets a different one. */
const MAX_MEMBERS = 1_000;

/** Default maximum bytes of a body for routes with {@link TextBody}: services send reports in batches. */
const MAX_TEXT_BYTES = 1_000_000;

/** Characters per chunk of a text that has already been read. */
const PIECE_LENGTH = 65_536;
const HIGH_SURROGATE = /[\uD800-\uDBFF]/;

const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/i;
/** US-ASCII is a subset of UTF-8. */
const CHARSETS = ['utf-8', 'utf8', 'us-ascii'];

declare module 'fastify' {
  interface FastifyRequest {
    /** The body, if it is a file that is in memory as a whole until the response is sent. */
    heldFile: HeldFile | null;
  }
}

interface TextBodyRule {
  maxBytes: number;
  /** Media types of the body; all if undefined. */
  mediaTypes?: readonly string[];
  /** Whether the route reads the body itself, as a stream. */
  streamed?: boolean;
}

interface BoundedRoute {
  maxMembers?: number;
  textBody?: TextBodyRule;
}

/** Passes the body to the route as text, whatever its media type: for signed reports or forms of other services. */
export function TextBody(): MethodDecorator {
  return AddToRouteConfig({ textBody: { maxBytes: MAX_TEXT_BYTES } } satisfies BoundedRoute);
}

/**
 * Lets the route read its body as a stream with {@link streamedText}: for files. The body is read only when the route
 * reads it, except with an idempotency key, whose fingerprint needs the whole body. Such bodies get 503 if they would
 * take more memory than four of the maximum size, or than one of the same caller.
 *
 * @param file accepted media types (others get 415) and maximum bytes
 */
export function StreamedTextBody(file: { mediaTypes: readonly string[]; maxBytes: number }): MethodDecorator {
  return applyDecorators(
    AddToRouteConfig({ textBody: { ...file, streamed: true } } satisfies BoundedRoute),
    ApiConsumes(...file.mediaTypes),
    ApiBody({ required: true, schema: { type: 'string', maxLength: file.maxBytes } }),
  );
}

/**
 * The body of a request to a route with {@link StreamedTextBody}, in pieces; empty if there is none.
 *
 * @throws RequestRefused while it is read: `request.too-large` if it exceeds the limit, `request.malformed` if it ends
 *   prematurely, `request.invalid` if it is not UTF-8
 */
export async function* streamedText({ body }: Pick<FastifyRequest, 'body'>): AsyncGenerator<string> {
  if (typeof body === 'string')
    for (let at = 0, end = 0; at < body.length; at = end) {
      end = at + PIECE_LENGTH;
      if (HIGH_SURROGATE.test(body.charAt(end - 1))) end += 1; // do not split a surrogate pair
      yield body.slice(at, end);
    }
  else if (body) yield* body as AsyncIterable<string>;
}

/** @returns the media type of a request's body, in lower case; empty if it has none */
export function mediaTypeOf({ headers }: Pick<FastifyRequest, 'headers'>): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

/** Sets the maximum total members and items for bodies of a route, instead of 1,000. */
export function MaxMembers(maxMembers: number): MethodDecorator {
  return AddToRouteConfig({ maxMembers } satisfies BoundedRoute);
}

/**
 * Reads only JSON bodies: other media types, and charsets other than UTF-8, are 415. More than 32 levels, or 1,000
 * members and items, are 400, as are bytes that are not UTF-8, names that every object inherits (`__proto__`,
 * `constructor`) and texts that cannot be stored.
 */
export function readJsonBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const { maxMembers = MAX_MEMBERS, textBody } = request.routeOptions.config as BoundedRoute;
    try {
      if ((!textBody || textBody.mediaTypes) && !isUtf8Charset(request)) throw otherCharset();
      const bytes = body as Buffer;
      if (!isUtf8(bytes)) throw textBody ? textNotUtf8() : jsonNotUtf8();
      const text = bytes.toString();
      return done(null, textBody ? text : parseJson(text, maxMembers));
    } catch (error) {
      return done(error as Error);
    }
  });
  // Fastify closes the connection after a rejected body. A client that is still sending it would lose the response (RFC
  // 9112 §9.6), so the rest is read and discarded, within the time limit for requests.
  server.addHook('onError', (request, reply, _error, done) => {
    if (!request.raw.complete) reply.removeHeader('connection');
    done();
  });
  const held = new HeldFiles();
  server.decorateRequest('heldFile', null);
  server.addHook('preParsing', (request, reply, _payload, done) => {
    const { textBody } = request.routeOptions.config as BoundedRoute;
    // Before the parsers, because that of JSON reads the whole body.
    if (textBody && !takes(textBody, request) && hasBody(request)) return done(notTaken());
    if (textBody && isWholeFile(request)) {
      const file = held.open(request.user?.userId ?? request.ip, textBody.maxBytes);
      request.heldFile = file;
      reply.raw.once('close', () => held.close(file));
    }
    done();
  });
  server.addHook('onRoute', (route) => {
    const config: BoundedRoute | undefined = route.config;
    if (config?.textBody) route.bodyLimit = config.textBody.maxBytes;
  });
  // A body that no route accepts is not read at all.
  server.addContentTypeParser('*', (request, payload, done) => {
    const { textBody } = request.routeOptions.config as BoundedRoute;
    if (!textBody) return done(notTaken());
    if (textBody.mediaTypes && !isUtf8Charset(request)) return done(otherCharset());
    if (Number(request.headers['content-length']) > textBody.maxBytes)
      return done(new RequestRefused(Problems.tooLarge));
    const { maxBytes } = textBody;
    const { heldFile } = request;
    const text = textOf(payload, maxBytes, (bytes) => heldFile && held.add(heldFile, bytes));
    if (textBody.streamed && !heldFile) return done(null, text);
    return void readText(text).then((whole) => done(null, whole), done);
  });
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Whether the body is a file that must be read as a whole before its route is called. */
function isWholeFile({ routeOptions: { config }, headers }: FastifyRequest): boolean {
  return (config as BoundedRoute).textBody?.streamed === true && headers['idempotency-key'] !== undefined;
}

function takes({ mediaTypes }: TextBodyRule, request: FastifyRequest): boolean {
  return !mediaTypes || mediaTypes.includes(mediaTypeOf(request));
}

function notTaken(): RequestRefused {
  return new RequestRefused(Problems.unsupportedMediaType);
}

function isUtf8Charset({ headers }: FastifyRequest): boolean {
  const charset = CHARSET.exec(headers['content-type'] ?? '')?.[1];
  return charset === undefined || CHARSETS.includes(charset.toLowerCase());
}

function otherCharset(): RequestRefused {
  return new RequestRefused(Problems.unsupportedMediaType, {
    detail: 'The charset in the Content-Type must be utf-8.',
  });
}

/** Bytes that are not UTF-8 would be stored as U+FFFD: the text would be lost. */
function jsonNotUtf8(): RequestRefused {
  return new RequestRefused(Problems.malformedJson, { detail: 'The body is not UTF-8.' });
}

function textNotUtf8(): RequestRefused {
  return new RequestRefused(Problems.invalid, {
    detail: 'The body is not UTF-8. Encode the text or file as UTF-8 and send it again.',
  });
}

/** Discards the unread rest, otherwise the connection would wait for a reader. */
async function* textOf(
  payload: IncomingMessage,
  maxBytes: number,
  onBytes: (bytes: number) => void,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let length = 0;
  try {
    for await (const chunk of payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) throw new RequestRefused(Problems.tooLarge);
      onBytes(chunk.length);
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    if (payload.errored) throw new RequestRefused(Problems.malformed);
    throw isEncodingError(error) ? textNotUtf8() : error;
  } finally {
    payload.resume();
  }
}

function isEncodingError(error: unknown): boolean {
  return (error as { code?: string }).code === 'ERR_ENCODING_INVALID_ENCODED_DATA';
}

async function readText(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

/**
 * @throws RequestRefused `request.malformed-json`, `request.too-many-members` or, for names and texts, `request.invalid`
 */
export function parseJson(text: string, maxMembers: number): unknown {
  verifySize(text, maxMembers);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RequestRefused(Problems.malformedJson);
  }
  const errors = inspect(value);
  if (errors.length > 0) throw refused(errors);
  return value;
}

/**
 * Counts before parsing: parsing 12,000 members takes a hundred times as long as counting to 1,000.
 *
 * @param text text that should be JSON
 * @throws RequestRefused `request.malformed-json` beyond 32 levels; `request.too-many-members`
 */
function verifySize(text: string, maxMembers: number): void {
  let depth = 0;
  let members = 0;
  let opened = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (character === ' ' || character === '\n' || character === '\r' || character === '\t') continue;
    const closes = character === '}' || character === ']';
    // A list or object has one more member than commas, unless it is empty.
    if (character === ',' || (opened && !closes)) members += 1;
    opened = character === '{' || character === '[';
    if (opened) depth += 1;
    else if (closes) depth -= 1;
    else if (character === '"') at = endOfText(text, at + 1);
    if (depth > MAX_DEPTH) throw new RequestRefused(Problems.malformedJson);
    if (members > maxMembers) throw tooManyMembers(maxMembers);
  }
}

/** @returns the end of the quoted text that starts at this position. */
function endOfText(text: string, start: number): number {
  let quote = text.indexOf('"', start);
  while (quote !== -1 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote === -1 ? text.length : quote;
}

function isEscaped(text: string, quote: number): boolean {
  let slashes = 0;
  while (text[quote - 1 - slashes] === '\\') slashes += 1;
  return slashes % 2 === 1;
}

function tooManyMembers(maxMembers: number): RequestRefused {
  return new RequestRefused(Problems.tooManyMembers, {
    detail: `The body has more than ${maxMembers} members and items in total.`,
  });
}
