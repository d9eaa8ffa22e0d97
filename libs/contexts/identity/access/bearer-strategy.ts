import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { Caller } from '@rookery/web';
import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport-custom';
import { permissionsOf } from '../model/permissions';
import { AccessTokens } from './access-tokens';

/** Finds out whose access token a request carries (RFC 6750 §2.1: in the Authorization header, nowhere else). */
@Injectable()
export class BearerStrategy extends PassportStrategy(Strategy, 'bearer') {
  constructor(private readonly accessTokens: AccessTokens) {
    super();
  }

  /** @returns the caller; false when there is no valid token */
  async validate(request: FastifyRequest): Promise<Caller | false> {
    const [, token] = /^Bearer +([^\s]+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const claims = token === undefined ? undefined : await this.accessTokens.verify(token);
    if (!claims) return false;
    return {
      userId: claims.sub,
      sessionId: claims.sid,
      roles: [claims.role],
      permissions: permissionsOf(claims.role),
      provedAt: new Date(claims.auth_time * 1_000),
    };
  }
}
