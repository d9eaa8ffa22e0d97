import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** On whose behalf a request comes: what the strategy named `bearer` makes of the token. */
export interface Caller {
  /** UUIDv7. */
  readonly userId: string;
  /** The session of the token; null for an API key. */
  readonly sessionId: string | null;
  readonly roles: readonly string[];
  readonly permissions: ReadonlySet<string>;
  /** What an API key was limited to: `read`, `write` and permissions; absent for whoever has signed in. */
  readonly scopes?: ReadonlySet<string>;
  /** When password or second factor were last proved; null when that is unknown. */
  readonly authenticatedAt: Date | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before the body is read; absent on public routes. */
    user?: Caller;
  }
}

/** @returns the caller of a request; undefined on public routes. */
export function callerOf(context: ExecutionContext): Caller | undefined {
  return context.switchToHttp().getRequest<FastifyRequest>().user;
}

/** Hands the {@link Caller} to a handler. Undefined on routes with `@Public()`. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context),
);
