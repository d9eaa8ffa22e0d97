import { type ExecutionContext, Injectable, Optional } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { InjectThrottlerOptions, ThrottlerGuard, type ThrottlerModuleOptions } from '@nestjs/throttler';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type RefusalOptions, RequestRefused } from '../problem';
import { sendProblem } from '../problem-filter';
import { Problems } from '../problems';
import type { Level } from './bucket';
import { clientNetwork } from './client-network';
import { rateLimitHeaders } from './headers';
import { KnownClients } from './known-clients';
import {
  isExempt,
  type PolicyBucket,
  type RateLimitedRoute,
  RatePolicies,
  type RatePolicy,
} from './policies';
import { type Decision, RateLimiter, type TakenTokens } from './rate-limiter';

declare module 'fastify' {
  interface FastifyRequest {
    /** The decision of the address limits about the request; null if there are none. */
    rateLimit: { levels: Level[]; taken: TakenTokens[] } | null;
  }
}

/**
 * Counts every request by its address before anything else: before the body is read and the caller is authenticated.
 * Nest's CORS hook runs first, so that pages in browsers can read the error response, too.
 */
export function limitRequests(server: FastifyInstance, limiter: RateLimiter): void {
  const routes = new WeakMap<object, readonly PolicyBucket[]>();
  const unknown = limiter.bucketsFor([RatePolicies.default], 'ip');
  const bucketsOfRoute = ({ routeOptions: { config, url } }: FastifyRequest): readonly PolicyBucket[] => {
    if (url === undefined) return unknown;
    let buckets = routes.get(config);
    if (!buckets) {
      buckets = isExempt(url)
        ? []
        : limiter.bucketsFor((config as RateLimitedRoute).ratePolicies ?? [RatePolicies.default], 'ip');
      routes.set(config, buckets);
    }
    return buckets;
  };
  server.decorateRequest('rateLimit', null);
  server.addHook('onRequest', async (request, reply) => {
    const buckets = bucketsOfRoute(request);
    if (buckets.length === 0) return undefined;
    const decision = await limiter.decide(buckets, clientNetwork(request.ip));
    request.rateLimit = decision;
    reply.headers(rateLimitHeaders(decision.levels));
    if (decision.granted) return undefined;
    sendProblem(request, reply, Problems.rateLimited, refusalOf(decision));
    return reply;
  });
}

/**
 * The guard of @nestjs/throttler, for limits that {@link limitRequests} cannot check yet: it counts a request by its
 * account, after authentication and reading the body, for routes whose policies require it. The original asks the
 * storage for one throttler after the other; this one asks for all at once, so that a refused request takes no token.
 *
 * @throws RequestRefused `rate.limited`
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    private readonly limiter: RateLimiter,
    reflector: Reflector,
    @Optional() private readonly clients?: KnownClients,
  ) {
    super(options, limiter, reflector);
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (await this.shouldSkip(context)) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const { ratePolicies } = request.routeOptions.config as RateLimitedRoute;
    if (!ratePolicies) return true;
    const buckets = this.limiter.bucketsFor(ratePolicies, 'account');
    if (buckets.length === 0) return true;
    const account = await this.accountOf(request, ratePolicies);
    if (account === undefined) return true;
    const decision = await this.limiter.decide(buckets, account, request.rateLimit?.taken);
    const levels = [...(request.rateLimit?.levels ?? []), ...decision.levels];
    http.getResponse<FastifyReply>().headers(rateLimitHeaders(levels));
    if (!decision.granted) throw new RequestRefused(Problems.rateLimited, refusalOf(decision));
    return true;
  }

  protected override async shouldSkip(_context: ExecutionContext): Promise<boolean> {
    return !this.limiter.enabled;
  }

  /** @returns the owner of the bucket: the caller, or else the e-mail address in the body. */
  private async accountOf(
    request: FastifyRequest,
    policies: readonly RatePolicy[],
  ): Promise<string | undefined> {
    const { user, body, ip } = request;
    if (user) return `user ${user.userId}`;
    const named = body as { email?: unknown; deviceToken?: unknown } | null | undefined;
    if (typeof named?.email !== 'string' || named.email === '') return undefined;
    const email = named.email.trim().toLowerCase();
    if (!policies.some(({ strangersTogether }) => strangersTogether))
      return `email ${email} from ${clientNetwork(ip)}`;
    const deviceToken =
      typeof named.deviceToken === 'string' ? named.deviceToken : this.clients?.deviceTokenOf(request);
    const share = await this.clients?.shareOf(email, { ip, deviceToken });
    return share === undefined ? `email ${email}` : `email ${email} from ${share}`;
  }
}

/** @returns the response to a refused request. */
export function refusalOf({ levels }: Decision): RefusalOptions {
  const strictest = levels.reduce((a, b) => (b.waitSeconds > a.waitSeconds ? b : a));
  const { name, limit, windowSeconds } = strictest.bucket;
  return {
    detail: `The limit "${name}" grants ${limit} requests in ${windowSeconds} seconds.`,
    retryAfterSeconds: strictest.waitSeconds,
  };
}
