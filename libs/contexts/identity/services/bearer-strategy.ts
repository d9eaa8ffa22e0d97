import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { BearerRequest, Caller } from '@rookery/web';
import { Strategy } from 'passport-custom';
import { ApiKeys } from './api-keys';
import { ExternalTokens } from './external-tokens';
import { OwnTokens } from './own-tokens';
import type { TokenAuthenticator } from './token-authenticator';

/** Authenticates the bearer token of a request (RFC 6750 §2.1: only in the Authorization header). */
@Injectable()
export class BearerStrategy extends PassportStrategy(Strategy, 'bearer') {
  private readonly kinds: readonly TokenAuthenticator[];

  constructor(apiKeys: ApiKeys, externalTokens: ExternalTokens, ownTokens: OwnTokens) {
    super();
    this.kinds = [ownTokens, apiKeys, externalTokens];
  }

  /** @returns the caller; false if there is no valid token */
  async validate({ headers, maxAgeMs }: BearerRequest): Promise<Caller | false> {
    const [, token] = /^Bearer +([^\s]+)$/i.exec(headers.authorization ?? '') ?? [];
    if (token === undefined) return false;
    for (const kind of this.kinds) {
      const caller = await kind.authenticate(token, maxAgeMs);
      if (caller) return caller;
    }
    return false;
  }
}
