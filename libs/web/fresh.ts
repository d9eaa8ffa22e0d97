import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExtension } from '@nestjs/swagger';
import { callerOf } from './caller';
import { RequestRefused } from './problem';
import { Problems } from './problems';

const FRESH = 'rookery:fresh';
const SESSION = 'rookery:session';

/** Extensions that show in the API description what a route wants. */
export const NEEDS_FRESH = 'x-requires-fresh-sign-in';
export const NEEDS_SESSION = 'x-requires-session';

/** Milliseconds for which a proved second factor, or password, stays fresh. */
const FRESH_MS = 15 * 60_000;

/**
 * Only callers who proved their second factor, or their password where they have none, within the last 15 minutes
 * come in; others get 403 `auth.mfa-required`. API keys prove nothing, so they never do.
 */
export function Fresh(): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(FRESH, true), ApiExtension(NEEDS_FRESH, true));
}

/**
 * Only callers who have signed in here come in; API keys, and tokens of other issuers, get 403 `auth.forbidden`. For
 * routes that deal with what somebody signs in with.
 */
export function SessionOnly(): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(SESSION, true), ApiExtension(NEEDS_SESSION, true));
}

/**
 * Sees to `@Fresh()` and `@SessionOnly()`.
 *
 * The proof was timed by PostgreSQL and is compared with this process's clock: some seconds between the two do not
 * matter in 15 minutes.
 *
 * @throws RequestRefused `auth.forbidden`, `auth.mfa-required`
 */
@Injectable()
export class FreshGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const caller = callerOf(context);
    if (this.asks(SESSION, context) && !caller?.sessionId) throw new RequestRefused(Problems.forbidden);
    if (this.asks(FRESH, context) && !isFresh(caller?.authenticatedAt ?? null))
      throw new RequestRefused(Problems.mfaRequired);
    return true;
  }

  private asks(what: string, context: ExecutionContext): boolean {
    return (
      this.reflector.getAllAndOverride<boolean>(what, [context.getHandler(), context.getClass()]) ?? false
    );
  }
}

/** @param authenticatedAt null when nothing was proved, or the proof counts no more */
function isFresh(authenticatedAt: Date | null): boolean {
  return authenticatedAt !== null && Date.now() - authenticatedAt.getTime() < FRESH_MS;
}
