import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Rejection } from '@rookery/domain';
import {
  hostCookie,
  readCookie,
  RequestRefused,
  trustedOrigins,
  WebSettings,
  withStatus,
} from '@rookery/web';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Keys } from '../keys';
import { CsrfTokenInvalid, OriginNotAllowed, RefreshInvalid, RefreshTokenReused } from '../model/rejections';
import { RefreshTokens } from './refresh-token';
import { type BrowserTokens, type IssuedTokens, type Tokens } from './sign-in';

/** Where clients get their refresh token: in the body of a response, or in a cookie. */
export const TOKEN_DELIVERIES = ['body', 'cookie'];

/** Documents the header of requests that may use the cookie. */
export const CSRF_HEADER = {
  name: 'X-CSRF-Token',
  required: false,
  description: '`csrfToken` of the sign-in. Required if the refresh token is in the cookie.',
  schema: { type: 'string' as const, maxLength: 100 },
};

/** Documents the cookie of responses with tokens. */
export const COOKIE_HEADER = {
  'Set-Cookie': 'The refresh token, if the session has it in a cookie (docs/guides/browser.md).',
};

type Request = Pick<FastifyRequest, 'headers'>;

const NoRefreshToken = withStatus(RefreshInvalid, 401);
const NO_REFRESH_TOKEN =
  'The request has no refresh token: neither in the body nor in a cookie. No session was ended or refreshed.';

/** Codes of rejections after which the cookie can no longer be used. */
const ENDED: readonly unknown[] = [RefreshInvalid.code, RefreshTokenReused.code];

/**
 * Sessions whose refresh token is in a cookie that no script can read. A browser sends cookies with requests of any
 * page. So each request that uses or sets the cookie must come from a trusted origin, and requests that use it must
 * carry the CSRF token of its session.
 *
 * The CSRF token is derived from the session: it is the same for all tabs of the session, and the token of another
 * session, to which another tab has signed in, is rejected.
 */
@Injectable()
export class BrowserSessions {
  private readonly cookie: string;
  private readonly origins: ReadonlySet<string>;
  private readonly secure: boolean;

  constructor(
    private readonly keys: Keys,
    private readonly refreshTokens: RefreshTokens,
    settings: WebSettings,
  ) {
    this.secure = settings.publicUrl.startsWith('https:');
    // Browsers accept this prefix only with Secure, and only from this host.
    this.cookie = this.secure ? '__Host-rookery_refresh' : 'rookery_refresh';
    this.origins = trustedOrigins(settings);
  }

  /** @returns whether a page of a trusted origin has sent the request; browsers say so themselves. */
  isTrusted({ headers: { origin } }: Request): boolean {
    return origin !== undefined && this.origins.has(origin);
  }

  /** @throws Rejection `identity.origin-not-allowed` */
  assertTrusted(request: Request): void {
    if (!this.isTrusted(request)) throw new Rejection(OriginNotAllowed);
  }

  /** @returns the refresh token in the cookie, whoever sent it */
  refreshTokenOf({ headers: { cookie } }: Request): string | undefined {
    return readCookie(cookie, this.cookie);
  }

  /** @returns the session of the cookie; undefined unless the request may use it */
  sessionOf(request: Request): string | undefined {
    const token = this.refreshTokens.read(this.refreshTokenOf(request) ?? '');
    return token && this.isTrusted(request) && this.isOf(token.sessionId, request)
      ? token.sessionId
      : undefined;
  }

  /**
   * Uses the cookie of a request, and deletes it if its session turns out to have ended.
   *
   * @param work gets the refresh token
   * @param asksCsrfToken whether the request must carry the CSRF token
   * @throws RequestRefused `identity.refresh-invalid` without the cookie
   * @throws Rejection `identity.refresh-invalid`, `identity.origin-not-allowed`, `identity.csrf-token-invalid`
   */
  async use<T>(
    request: Request,
    reply: FastifyReply,
    work: (refreshToken: string) => Promise<T>,
    asksCsrfToken = true,
  ): Promise<T> {
    const refreshToken = this.refreshTokenOf(request);
    if (refreshToken === undefined) throw new RequestRefused(NoRefreshToken, { detail: NO_REFRESH_TOKEN });
    this.assertTrusted(request);
    try {
      const token = this.refreshTokens.read(refreshToken);
      if (!token) throw new Rejection(RefreshInvalid);
      if (asksCsrfToken && !this.isOf(token.sessionId, request)) throw new Rejection(CsrfTokenInvalid);
      return await work(refreshToken);
    } catch (error) {
      if (error instanceof Rejection && ENDED.includes(error.code)) this.clear(reply);
      throw error;
    }
  }

  /** @returns the CSRF token of a session: 256 bits, base64url. */
  csrfTokenOf(sessionId: string): string {
    return this.keys.mac('csrf-token', sessionId).toString('base64url');
  }

  /** @returns the body of a response with tokens; sets the cookie of a session that has its refresh token there. */
  deliver(reply: FastifyReply, { answer, refreshToken, sessionId, inCookie }: IssuedTokens) {
    if (!inCookie) return { ...answer, refreshToken } satisfies Tokens;
    this.set(reply, refreshToken, answer.refreshExpiresIn);
    return { ...answer, csrfToken: this.csrfTokenOf(sessionId) } satisfies BrowserTokens;
  }

  /** Deletes the cookie. */
  clear(reply: FastifyReply): void {
    this.set(reply, '', 0);
  }

  private set(reply: FastifyReply, value: string, maxAge: number): void {
    void reply.header('set-cookie', hostCookie(this.cookie, value, { maxAge, secure: this.secure }));
  }

  private isOf(sessionId: string, { headers }: Request): boolean {
    const given = Buffer.from(String(headers['x-csrf-token'] ?? ''));
    const genuine = Buffer.from(this.csrfTokenOf(sessionId));
    return given.length === genuine.length && timingSafeEqual(given, genuine);
  }
}
