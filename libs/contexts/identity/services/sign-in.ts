import { Injectable } from '@nestjs/common';
import { Rejection } from '@rookery/domain';
import { Field, Item } from '@rookery/web';
import { BadCredentials, RefreshInvalid } from '../model/rejections';
import type { User } from '../model/user';
import { SignedInUser } from '../views/signed-in-user';
import { type Client, Sessions, type SessionState } from '../storage/sessions';
import { Users } from '../storage/users';
import { ACCESS_SECONDS, AccessTokens } from './access-tokens';
import { MfaTokens } from './mfa-tokens';
import { RefreshTokens } from './refresh-token';

/** What every response with tokens has. */
class TokenAnswer {
  @Field.oneOf(['Bearer'], {
    description: 'How to send the access token: `Authorization: Bearer …` (RFC 6750).',
  })
  tokenType: string;

  @Field.text({ max: 4_000, description: 'JWT. Verify it with the keys at /.well-known/jwks.json.' })
  accessToken: string;

  @Field.integer({ description: 'Seconds until the access token expires.', example: 900 })
  expiresIn: number;

  @Field.integer({ description: 'Seconds until the refresh token expires.', example: 2_592_000 })
  refreshExpiresIn: number;

  @Field.object(() => SignedInUser, { description: 'The user who signed in.' })
  user: SignedInUser;
}

/** A pair of tokens. */
export class Tokens extends TokenAnswer {
  @Field.text({ max: 400, description: 'Opaque token. Works for one refresh.' })
  refreshToken: string;
}

/** The tokens of a browser, whose refresh token is in a cookie. */
export class BrowserTokens extends TokenAnswer {
  @Field.text({
    max: 100,
    description:
      'Send it as `X-CSRF-Token` with every request that uses the cookie. The same for the whole session.',
  })
  csrfToken: string;
}

/** Tokens before they are delivered to a client, see `BrowserSessions.deliver`. */
export interface IssuedTokens {
  answer: Pick<TokenAnswer, keyof TokenAnswer>;
  refreshToken: string;
  sessionId: string;
  /** Whether the refresh token goes into a cookie, and in no body. */
  inCookie: boolean;
}

/** The password was right; the second factor is still required. */
export class MfaChallenge {
  @Field.boolean({
    description: 'Always true: the tokens follow after the second factor.',
    example: true,
  })
  mfaRequired: true;

  @Field.text({
    max: 4_000,
    description: 'Send it to POST /v1/auth/mfa within 5 minutes. Works once, for five attempts.',
  })
  mfaToken: string;

  @Field.list(Item.oneOf(['totp', 'recovery-code']), {
    max: 2,
    description: 'Accepted second factors.',
  })
  methods: string[];
}

/** Issues the tokens of sessions. */
@Injectable()
export class SignIn {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly mfaTokens: MfaTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly sessions: Sessions,
    private readonly users: Users,
  ) {}

  /**
   * For a user who has authenticated by password, or verified the e-mail address.
   *
   * @param inCookie whether the session gets its refresh token in a cookie, also after a second factor
   * @returns the tokens of a new session; if the user has a second factor, a challenge for it
   */
  async begin(user: User, client: Client, inCookie: boolean): Promise<IssuedTokens | MfaChallenge> {
    if (!(await this.users.needsSecondFactor(user.id))) return this.start(user, client, inCookie);
    const mfaToken = await this.mfaTokens.issue(user.id, inCookie);
    return { mfaRequired: true, mfaToken, methods: ['totp', 'recovery-code'] };
  }

  /**
   * @param inCookie whether the session gets its refresh token in a cookie
   * @returns the tokens of a new session, for a fully authenticated user
   * @throws Rejection `identity.bad-credentials` if the account was deleted concurrently
   */
  async start(user: User, client: Client, inCookie: boolean): Promise<IssuedTokens> {
    const session = await this.sessions.start(user.id, client, inCookie);
    if (!session) throw new Rejection(BadCredentials, { subject: user.id });
    return this.tokensOf(user, session);
  }

  /** @returns an access token and the current refresh token of a session. */
  async resume(user: User, sessionId: string): Promise<IssuedTokens> {
    const session = await this.sessions.alive(sessionId);
    if (!session) throw new Rejection(RefreshInvalid);
    return this.tokensOf(user, session);
  }

  private async tokensOf(user: User, session: SessionState): Promise<IssuedTokens> {
    const { id, email, username, name, role } = user.snapshot();
    return {
      answer: {
        tokenType: 'Bearer',
        accessToken: await this.accessTokens.issue(session),
        expiresIn: ACCESS_SECONDS,
        refreshExpiresIn: session.idleSeconds,
        user: { id, email, username, name, role },
      },
      refreshToken: this.refreshTokens.write({ sessionId: session.id, counter: session.counter }),
      sessionId: session.id,
      inCookie: session.inCookie,
    };
  }
}
