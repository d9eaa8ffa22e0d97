import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { NO_STORE } from './caching';
import { PROBLEM_JSON, problemOf } from './problem';
import { type ProblemDefinition, Problems } from './problems';

const byCode: Record<string, ProblemDefinition> = {
  ERR_HTTP_REQUEST_TIMEOUT: Problems.timeout,
  HPE_HEADER_OVERFLOW: Problems.headersTooLarge,
};

/** Milliseconds for the client to read the response before its connection is closed. */
const LINGER_MS = 500;

/**
 * Responds to input that Node could not parse as HTTP, before there is a request, and closes the connection.
 *
 * @param error error of Node's HTTP parser
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy();
  const definition = byCode[error.code ?? ''] ?? Problems.malformed;
  const { status } = definition;
  const body = JSON.stringify(problemOf(definition, { url: '', traceparent: null }));
  // Closing immediately could discard the response in transit; a client that keeps the connection open is not waited
  // for.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${PROBLEM_JSON}\r\n` +
      `cache-control: ${NO_STORE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
