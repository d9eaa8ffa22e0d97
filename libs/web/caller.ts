import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** The authenticated caller of a request, as returned by the strategy named `bearer`. */
export interface Caller {
  /** UUIDv7. */
  readonly userId: string;
  /** The session of the token; null for an API key. */
  readonly sessionId: string | null;
  readonly roles: readonly string[];
  readonly permissions: ReadonlySet<string>;
  /** Scopes of an API key: `read`, `write` and permissions; absent for a signed-in user. */
  readonly scopes?: ReadonlySet<string>;
  /** When the user last authenticated with password or second factor; null if unknown. */
  readonly authenticatedAt: Date | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before the body is read; absent on public routes. */
    user?: Caller;
    /** Maximum age in milliseconds of what is cached about the caller; up to the strategy if absent. */
    maxAgeMs?: number;
  }
}

/** @returns the caller of a request; undefined on public routes. */
export function callerOf(context: ExecutionContext): Caller | undefined {
  return context.switchToHttp().getRequest<FastifyRequest>().user;
}

/** Injects the {@link Caller} into a handler. Undefined on routes with `@Public()`. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context),
);
