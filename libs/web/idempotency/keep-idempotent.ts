import { createHash } from 'node:crypto';
import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  Logger,
  type NestInterceptor,
  RequestMethod,
} from '@nestjs/common';
import { INTERCEPTORS_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { type Claim, IdempotencyKeys, type KeyedRequest } from '@rookery/application';
import { FieldError, Rules } from '@rookery/domain';
import { counter } from '@rookery/observability';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { defer, lastValueFrom, type Observable, of } from 'rxjs';
import { RequestRefused } from '../problem';
import { Problems } from '../problems';
import { refused } from '../validation';
import { canonicalPieces } from './canonical-json';
import type { UnstoredRoute } from './never-stored';
import { answerOf, replay, type StoredAnswer } from './stored-answer';

declare module 'fastify' {
  interface FastifyInstance {
    /** Handles requests with an `Idempotency-Key`; undefined in an app without them. */
    keepIdempotent?: KeepIdempotent;
  }
  interface FastifyRequest {
    /** The claim on the request's `Idempotency-Key`; null without one, and after the response. */
    idempotencyClaim: Claim | null;
  }
}

/** Maximum length of a key in characters. */
const MAX_KEY_LENGTH = 255;
const RETRY_AFTER_SECONDS = 1;

const keyed = counter({
  name: 'rookery_idempotency_keys_total',
  help: 'Requests with an Idempotency-Key, by outcome: mine (runs), answered (replayed), running (409), reused (422).',
  labels: ['state'],
});

/** Methods of requests that may carry a key. */
const KEYED_METHODS = new Set<unknown>([RequestMethod.POST, RequestMethod.PATCH, RequestMethod.ALL]);

/** Shared by all apps of a process, because they share the wrapped handlers. */
const keepIdempotent: NestInterceptor = {
  intercept(context, next) {
    const { server } = context.switchToHttp().getRequest<FastifyRequest>();
    return server.keepIdempotent?.intercept(context, next) ?? next.handle();
  },
};

/**
 * Applies {@link KeepIdempotent} to every POST and PATCH route. For other routes Nest would run the interceptor without
 * effect, which costs more than the rest of its work for a request. Call it before routes are registered.
 */
export function interceptKeyedRoutes(modules: ModulesContainer): void {
  const scanner = new MetadataScanner();
  const controllers = [...modules.values()].flatMap((module) => [...module.controllers.values()]);
  for (const { metatype } of controllers) {
    if (typeof metatype !== 'function') continue;
    const prototype = metatype.prototype as Record<string, object>;
    for (const name of scanner.getAllMethodNames(prototype)) {
      const handler = prototype[name]!;
      if (!KEYED_METHODS.has(Reflect.getMetadata(METHOD_METADATA, handler))) continue;
      const present = (Reflect.getMetadata(INTERCEPTORS_METADATA, handler) ?? []) as unknown[];
      if (!present.includes(keepIdempotent))
        Reflect.defineMetadata(INTERCEPTORS_METADATA, [keepIdempotent, ...present], handler);
    }
  }
}

/**
 * Makes every POST and PATCH with an `Idempotency-Key` idempotent, see docs/decisions/0012-idempotency.md. It runs
 * after the guards, so a request that they reject claims no key.
 */
@Injectable()
export class KeepIdempotent {
  private readonly log = new Logger('Idempotency');

  constructor(private readonly keys: IdempotencyKeys) {}

  /** @throws RequestRefused 400 for an invalid key, 409 while the first request runs, 422 for a different query or body */
  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const header = request.headers['idempotency-key'];
    if (header === undefined || (request.method !== 'POST' && request.method !== 'PATCH'))
      return next.handle();
    const { neverStored = false } = request.routeOptions.config as UnstoredRoute;
    const found = await this.keys.claim(await this.read(request, String(header)), !neverStored);
    keyed.inc({ state: found.state });
    if (found.state === 'reused') throw new RequestRefused(Problems.idempotencyKeyReused);
    if (found.state === 'running') {
      throw new RequestRefused(Problems.idempotencyInProgress, { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    if (found.state === 'answered') {
      const answer = JSON.parse(found.answer.toString()) as StoredAnswer;
      return of(replay(answer, http.getResponse<FastifyReply>()));
    }
    const { claim } = found;
    request.idempotencyClaim = claim;
    return defer(() =>
      this.keys.under(claim, () => lastValueFrom(next.handle(), { defaultValue: undefined })),
    );
  }

  /** Stores the responses of requests with a claim, before they are sent. Add it before compression. */
  storeAnswers(server: FastifyInstance): void {
    server.decorate('keepIdempotent', { getter: (): KeepIdempotent => this });
    server.decorateRequest('idempotencyClaim', null);
    server.addHook('onSend', (request, reply, payload, done) => {
      const claim = request.idempotencyClaim;
      if (claim === null) return done(null, payload);
      request.idempotencyClaim = null;
      void this.settle(claim, reply, payload).finally(() => done(null, payload));
    });
  }

  /** If a claim cannot be completed, the next request takes it over after its lease. */
  private async settle(claim: Claim, reply: FastifyReply, payload: unknown): Promise<void> {
    try {
      const answer = claim.stores ? answerOf(reply, payload) : undefined;
      if (answer) await this.keys.answer(claim, Buffer.from(JSON.stringify(answer)));
      else await this.keys.release(claim);
    } catch (error) {
      this.log.warn(`A response could not be stored under its idempotency key: ${(error as Error).message}`);
    }
  }

  private async read({ method, url, body, ip, user }: FastifyRequest, key: string): Promise<KeyedRequest> {
    if (key.trim() === '' || key.length > MAX_KEY_LENGTH) {
      const message = `Idempotency-Key must be 1 to ${MAX_KEY_LENGTH} characters long.`;
      const params = { min: 1, max: MAX_KEY_LENGTH, unit: 'characters' } as const;
      throw refused([FieldError.of(Rules.length, 'Idempotency-Key', params, message)]);
    }
    const caller = user ? `user ${user.userId}` : `ip ${ip}`;
    const [path] = url.split('?', 1);
    const scope = createHash('sha256').update(JSON.stringify([caller, method, path]));
    return { scope: scope.digest(), key, fingerprint: await this.keys.fingerprint(meaningOf(body, url)) };
  }
}

async function* meaningOf(body: unknown, url: string): AsyncGenerator<string> {
  yield* canonicalPieces(body);
  yield canonicalQuery(url);
}

/**
 * @returns the query with its parameters sorted by name, keeping the order of values with the same name; empty if there
 *   is none.
 */
function canonicalQuery(url: string): string {
  const start = url.indexOf('?');
  if (start === -1) return '';
  const parameters = new URLSearchParams(url.slice(start + 1));
  parameters.sort();
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}
