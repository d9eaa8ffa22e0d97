import { createHash, timingSafeEqual } from 'node:crypto';
import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public } from './access';
import { RequestRefused } from './problem';
import { Problems } from './problems';
import { WebSettings } from './settings';

/** Extension that tells `buildOpenApi` that a route asks for HTTP Basic. */
export const OPERATORS = 'x-operators';

/** The challenge of the operations pages (RFC 7617). */
const CHALLENGE = 'Basic realm="rookery operations", charset="UTF-8"';

/**
 * Compares without telling by its duration how much of the credentials is right.
 *
 * @param authorization the header; undefined when there is none
 * @returns whether it holds the operations user and password (RFC 7617)
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

/** @returns the answer to somebody who is no operator. */
export function operatorsOnly(): RequestRefused {
  return new RequestRefused(Problems.unauthenticated, {
    detail: 'This page asks for the user name and password of operations.',
    headers: { 'www-authenticate': CHALLENGE },
  });
}

/**
 * Guards routes of operations by HTTP Basic; see {@link OperatorsOnly}. A Fastify plugin such as the queue board calls {@link isOperator} in an `onRequest` hook instead.
 *
 * @throws RequestRefused 401 with the challenge
 */
@Injectable()
export class BasicAuthGuard implements CanActivate {
  constructor(private readonly settings: WebSettings) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    if (isOperator(headers.authorization, this.settings)) return true;
    throw operatorsOnly();
  }
}

/** A route for operations: HTTP Basic instead of an access token. */
export function OperatorsOnly(): MethodDecorator & ClassDecorator {
  return applyDecorators(Public(), UseGuards(BasicAuthGuard), ApiExtension(OPERATORS, true));
}
