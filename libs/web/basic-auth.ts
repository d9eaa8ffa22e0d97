import { createHash, timingSafeEqual } from 'node:crypto';
import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  Optional,
  UseGuards,
} from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public } from './access';
import { RequestRefused } from './problem';
import { Problems } from './problems';
import { rateLimitHeaders } from './rate-limits/headers';
import { refusalOf } from './rate-limits/limit-requests';
import { clientNetwork } from './rate-limits/client-network';
import { RatePolicies } from './rate-limits/policies';
import { RateLimiter, type TakenTokens } from './rate-limits/rate-limiter';
import { WebSettings } from './settings';

/** Extension that tells `buildOpenApi` that a route requires HTTP Basic. */
export const OPERATORS = 'x-operators';

/** The challenge of the operator pages (RFC 7617). */
const CHALLENGE = 'Basic realm="rookery operations", charset="UTF-8"';

/**
 * Compares in constant time.
 *
 * @param authorization the header; undefined if there is none
 * @returns whether it contains the operator user and password (RFC 7617)
 */
export function isOperator(
  authorization: string | undefined,
  { opsUser, opsPassword }: Pick<WebSettings, 'opsUser' | 'opsPassword'>,
): boolean {
  const [, encoded = ''] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '') ?? [];
  const given = Buffer.from(encoded, 'base64').toString('utf8');
  return timingSafeEqual(digest(given), digest(`${opsUser}:${opsPassword}`));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** @returns the response to callers who are not operators. */
export function operatorsOnly(): RequestRefused {
  return new RequestRefused(Problems.unauthenticated, {
    detail: 'This page requires the user name and password of the operators.',
    headers: { 'www-authenticate': CHALLENGE },
  });
}

/**
 * Authenticates operators by HTTP Basic. If `LimitsModule` is imported, wrong credentials count under the policy
 * `login` of their address: an attempt takes a token *before* the comparison, so that parallel guesses do not get more
 * attempts than granted, and correct credentials refund it.
 */
@Injectable()
export class Operators {
  constructor(
    private readonly settings: WebSettings,
    @Optional() private readonly limiter?: RateLimiter,
  ) {}

  /**
   * @throws RequestRefused 401 with the challenge; `rate.limited` after too many wrong credentials, also for correct
   *   ones
   * @throws Error if attempts cannot be counted
   */
  async admit(request: FastifyRequest): Promise<void> {
    const { authorization } = request.headers;
    if (authorization === undefined) throw operatorsOnly();
    const taken = await this.takeAttempt(request);
    if (!isOperator(authorization, this.settings)) throw operatorsOnly();
    await this.limiter?.refund(taken);
  }

  private async takeAttempt(request: FastifyRequest): Promise<TakenTokens[]> {
    if (!this.limiter?.enabled) return [];
    const buckets = this.limiter.of(RatePolicies.login).filter(({ per }) => per === 'ip');
    const decision = await this.limiter.decide(buckets, clientNetwork(request.ip));
    if (decision.granted) return decision.taken;
    const levels = [...(request.rateLimit?.levels ?? []), ...decision.levels];
    throw new RequestRefused(Problems.rateLimited, {
      ...refusalOf(decision),
      headers: rateLimitHeaders(levels),
    });
  }
}

/**
 * Guards operator routes by HTTP Basic; see {@link OperatorsOnly}. A Fastify plugin such as the queue board calls
 * {@link Operators} in an `onRequest` hook instead.
 *
 * @throws RequestRefused 401 with the challenge; `rate.limited`
 */
@Injectable()
export class BasicAuthGuard implements CanActivate {
  constructor(private readonly operators: Operators) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    await this.operators.admit(context.switchToHttp().getRequest<FastifyRequest>());
    return true;
  }
}

/** A route for operators: HTTP Basic instead of an access token. */
export function OperatorsOnly(): MethodDecorator & ClassDecorator {
  return applyDecorators(Public(), UseGuards(BasicAuthGuard), ApiExtension(OPERATORS, true));
}
