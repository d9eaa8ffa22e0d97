import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExtension } from '@nestjs/swagger';
import { OutlivesSession } from './access';
import { callerOf } from './caller';
import { RequestRefused } from './problem';
import { Problems } from './problems';

const FRESH = 'rookery:fresh';
const SESSION = 'rookery:session';

/** Extensions that document the requirements of a route in the API description. */
export const NEEDS_FRESH = 'x-requires-fresh-sign-in';
export const NEEDS_SESSION = 'x-requires-session';

/** Why an API key, or a token of another issuer, is refused. */
const NEEDS_SIGN_IN =
  'This requires a session: sign in with a password. API keys and tokens of other issuers are not accepted.';

/** Milliseconds for which authentication with second factor, or password, stays fresh. */
const FRESH_MS = 15 * 60_000;

/**
 * Admits only callers who authenticated with their second factor, or with their password if they have none, within the
 * last 15 minutes; others get 403 `auth.mfa-required`. API keys are never fresh. The session is read for each request,
 * as with `@OutlivesSession()`.
 */
export function Fresh(): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(FRESH, true), OutlivesSession(), ApiExtension(NEEDS_FRESH, true));
}

/**
 * Admits only callers who have signed in here; API keys, and tokens of other issuers, get 403 `auth.forbidden`. For
 * routes that manage credentials.
 */
export function SessionOnly(): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(SESSION, true), ApiExtension(NEEDS_SESSION, true));
}

/**
 * Enforces `@Fresh()` and `@SessionOnly()`.
 *
 * The time of authentication comes from PostgreSQL's clock and is compared with this process's clock: a few seconds of
 * difference do not matter in 15 minutes.
 *
 * @throws RequestRefused `auth.forbidden`, `auth.mfa-required`
 */
@Injectable()
export class FreshGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const caller = callerOf(context);
    if (this.asks(SESSION, context) && !caller?.sessionId)
      throw new RequestRefused(Problems.forbidden, { detail: NEEDS_SIGN_IN });
    if (this.asks(FRESH, context) && !isFresh(caller?.authenticatedAt ?? null))
      throw new RequestRefused(Problems.mfaRequired, caller?.scopes && { detail: NEEDS_SIGN_IN });
    return true;
  }

  private asks(what: string, context: ExecutionContext): boolean {
    return (
      this.reflector.getAllAndOverride<boolean>(what, [context.getHandler(), context.getClass()]) ?? false
    );
  }
}

/** @param authenticatedAt null if the user has not authenticated, or the authentication was invalidated */
function isFresh(authenticatedAt: Date | null): boolean {
  return authenticatedAt !== null && Date.now() - authenticatedAt.getTime() < FRESH_MS;
}
