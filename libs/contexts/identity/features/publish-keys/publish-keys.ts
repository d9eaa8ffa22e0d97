import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Cacheable, Explain, Field, Item, Public } from '@rookery/web';
import { SigningKeys } from '../../services/signing-keys';
import { PUBLISHED_SECONDS } from '../../model/key-stages';

class Jwk {
  @Field.text({ max: 100, description: 'Key id, as in the header of a token.' })
  kid: string;

  @Field.oneOf(['EC'], { description: 'Key type.' })
  kty: string;

  @Field.oneOf(['P-256'], { description: 'Curve.' })
  crv: string;

  @Field.text({ max: 100, description: 'X coordinate, base64url.' })
  x: string;

  @Field.text({ max: 100, description: 'Y coordinate, base64url.' })
  y: string;

  @Field.oneOf(['sig'], { description: 'Use of the key.' })
  use: string;

  @Field.oneOf(['ES256'], { description: 'Algorithm.' })
  alg: string;
}

class JwkSet {
  @Field.list(Item.object(() => Jwk), { max: 100, description: 'Public keys (RFC 7517).' })
  keys: Jwk[];
}

@ApiTags('Auth')
@Controller('.well-known/jwks.json')
export class PublishKeysRoute {
  constructor(private readonly signingKeys: SigningKeys) {}

  @Public()
  @Get()
  @Cacheable(PUBLISHED_SECONDS)
  @Explain({
    operationId: 'getJwks',
    summary: 'Get the JSON Web Key Set',
    description: 'Public keys that verify access tokens (RFC 7517).',
    ok: { type: JwkSet },
  })
  keys(): Promise<JwkSet> {
    return this.signingKeys.jwks();
  }
}
