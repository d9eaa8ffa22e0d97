/**
 * Why a request has no response. `blocked`: requests to the address are not allowed; `dns`: the host name has no
 * address; `unreachable`: nothing accepts the connection; `tls`: the certificate is not trusted, or TLS failed;
 * `timeout`: one of the timeouts was exceeded; `connection`: it was closed before a response, or the response was not
 * HTTP.
 */
export type OutboundFailureReason = 'blocked' | 'dns' | 'unreachable' | 'tls' | 'timeout' | 'connection';

/** A request got no response. The message names no URL: paths of webhooks are secrets of their owners. */
export class OutboundFailure extends Error {
  override readonly name = 'OutboundFailure';

  constructor(
    readonly reason: OutboundFailureReason,
    message: string,
  ) {
    super(message);
  }
}

const UNREACHABLE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ETIMEDOUT']);
const TLS = /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|EPROTO)/;

/** @returns the failure for an error of `node:http` */
export function failureOf(error: Error & { code?: string }): OutboundFailure {
  if (error instanceof OutboundFailure) return error;
  const code = error.code ?? '';
  if (UNREACHABLE.has(code)) return new OutboundFailure('unreachable', `no connection (${code})`);
  if (TLS.test(code)) return new OutboundFailure('tls', `TLS failed (${code})`);
  return new OutboundFailure(
    'connection',
    code === '' ? 'the connection was closed' : `the connection failed (${code})`,
  );
}
