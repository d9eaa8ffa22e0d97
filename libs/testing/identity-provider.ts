import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose';

/** The audience of its access tokens, and one of its clients. */
export const AUDIENCE = 'https://api.rookery.test';
export const CLIENT_ID = 'rookery-web';
const CLIENT_SECRET = 'a secret between client and provider';
const REDIRECT_URI = 'https://app.example/callback';
/** Lifetime of its tokens in seconds: longer than its outages in tests. */
const LIFE = 3 * 86_400;
const ARTIFACTS = ['AccessToken', 'ClientCredentials', 'Grant', 'IdToken', 'Interaction', 'Session'];

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** The tokens of one sign-in. */
export interface ProviderTokens {
  /** JWT for {@link AUDIENCE} (RFC 9068). */
  accessToken: string;
  /** JWT for {@link CLIENT_ID}. */
  idToken: string;
}

/** A real OpenID Connect provider (`oidc-provider`) on its own port, including its users. */
export class IdentityProvider {
  /** Requested paths, oldest first. */
  readonly asked: string[] = [];
  private keys: { kid: string; jwk: JWK; key: CryptoKey }[] = [];
  private readonly people = new Map<string, object>();
  private answer: Handler = () => undefined;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<IdentityProvider> {
    let provider: IdentityProvider | undefined;
    const server = createServer((request, response) => {
      provider!.asked.push(request.url!.split('?')[0]!);
      void provider!.answer(request, response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    provider = new IdentityProvider(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await provider.rotate();
    return provider;
  }

  /** Signs with a new key after this call; previous keys are no longer published. */
  async rotate(): Promise<void> {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const kid = `key-${Math.random()}`;
    this.keys = [
      { kid, key: privateKey, jwk: { ...(await exportJWK(privateKey)), kid, alg: 'ES256', use: 'sig' } },
    ];
    this.answer = await this.provider();
  }

  /** Overrides its responses, like a broken or hostile provider. */
  misbehave(answer: Handler): void {
    this.answer = answer;
  }

  /** Restores its normal responses. */
  async behave(): Promise<void> {
    this.answer = await this.provider();
  }

  /** @returns the number of requests for its keys. */
  reads(): number {
    return this.asked.filter((path) => path === '/jwks').length;
  }

  /**
   * Signs a user in with the authorization code flow, like a browser.
   *
   * @param subject of the user
   * @param claims of the user at the provider
   */
  async signIn(subject: string, claims: object = {}): Promise<ProviderTokens> {
    this.people.set(subject, claims);
    const browser = new Browser();
    const query = new URLSearchParams({
      client_id: CLIENT_ID,
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      scope: 'openid',
      resource: AUDIENCE,
      login_hint: subject,
    });
    const end = await browser.open(`${this.url}/auth?${query.toString()}`);
    const code = new URL(end).searchParams.get('code')!;
    const tokens = await this.token({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI });
    return { accessToken: tokens.access_token, idToken: tokens.id_token! };
  }

  /** @returns an access token of the client itself, without a user. */
  async clientToken(): Promise<string> {
    return (await this.token({ grant_type: 'client_credentials', resource: AUDIENCE })).access_token;
  }

  /** Signs an arbitrary token with its own key. */
  async forge(
    claims: JWTPayload,
    { header = {}, key = this.keys[0]!.key }: { header?: Partial<JWTHeaderParameters>; key?: CryptoKey } = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ iss: this.url, aud: AUDIENCE, sub: 'somebody', exp: now + 600, ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: this.keys[0]!.kid, ...header })
      .sign(key, { crit: { strange: true } });
  }

  /** @returns the public part of its key. */
  publicKey(): JWK {
    const { d: _d, ...jwk } = this.keys[0]!.jwk;
    return jwk;
  }

  /** Goes down: connections are refused. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => this.server.close(() => done()));
  }

  private async token(form: Record<string, string>): Promise<{ access_token: string; id_token?: string }> {
    const authorization = `Basic ${Buffer.from(`${CLIENT_ID}:${encodeURIComponent(CLIENT_SECRET)}`).toString('base64')}`;
    const response = await fetch(`${this.url}/token`, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams(form),
    });
    const body = (await response.json()) as { access_token: string; id_token?: string };
    if (!response.ok) throw new Error(JSON.stringify(body));
    return body;
  }

  private async provider(): Promise<Handler> {
    const { Provider } = await import('oidc-provider');
    const claimsOf = (subject: string) => ({ sub: subject, ...this.people.get(subject) });
    const resource = {
      scope: 'openid',
      audience: AUDIENCE,
      accessTokenFormat: 'jwt',
      accessTokenTTL: LIFE,
      jwt: { sign: { alg: 'ES256' } },
    };
    const provider = new Provider(this.url, {
      jwks: { keys: this.keys.map(({ jwk }) => jwk) },
      cookies: { keys: ['a key of the tests'] },
      clients: [
        {
          client_id: CLIENT_ID,
          client_secret: CLIENT_SECRET,
          grant_types: ['authorization_code', 'client_credentials'],
          response_types: ['code'],
          redirect_uris: [REDIRECT_URI],
          id_token_signed_response_alg: 'ES256',
        },
      ],
      pkce: { required: () => false },
      conformIdTokenClaims: false,
      claims: { openid: ['sub', 'preferred_username', 'name', 'email', 'email_verified', 'roles'] },
      ttl: Object.fromEntries(ARTIFACTS.map((name) => [name, LIFE])),
      adapter: memory(),
      interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => AUDIENCE,
          useGrantedResource: () => true,
          getResourceServerInfo: () => resource,
        },
      },
      findAccount: (_: unknown, subject: string) => ({ accountId: subject, claims: () => claimsOf(subject) }),
      extraTokenClaims: (_: unknown, token: { accountId?: string }) =>
        token.accountId && { ...claimsOf(token.accountId), auth_time: Math.floor(Date.now() / 1_000) },
      // Consent is given automatically.
      loadExistingGrant: async (context: {
        oidc: {
          client: { clientId: string };
          session: { accountId: string };
          provider: { Grant: new (of: object) => Grant };
        };
      }) => {
        const { client, session, provider: of } = context.oidc;
        const grant = new of.Grant({ clientId: client.clientId, accountId: session.accountId });
        grant.addOIDCScope('openid');
        grant.addResourceScope(AUDIENCE, 'openid');
        await grant.save();
        return grant;
      },
    });
    const callback = provider.callback();
    return async (request, response) => {
      if (!request.url!.startsWith('/interaction/')) return callback(request, response);
      // Signs in the hinted user, instead of a form and a password.
      const { params } = await provider.interactionDetails(request, response);
      return provider.interactionFinished(request, response, { login: { accountId: params.login_hint } });
    };
  }
}

interface Grant {
  addOIDCScope(scope: string): void;
  addResourceScope(resource: string, scope: string): void;
  save(): Promise<string>;
}

/** Storage of the provider; `oidc-provider` warns about its own in-memory store. */
function memory() {
  const stored = new Map<string, Record<string, unknown>>();
  return class {
    constructor(private readonly kind: string) {}

    async upsert(id: string, payload: Record<string, unknown>): Promise<void> {
      stored.set(`${this.kind}:${id}`, payload);
    }

    async find(id: string): Promise<object | undefined> {
      return stored.get(`${this.kind}:${id}`);
    }

    async findByUid(uid: string): Promise<object | undefined> {
      return [...stored].find(
        ([key, payload]) => key.startsWith(`${this.kind}:`) && payload.uid === uid,
      )?.[1];
    }

    async consume(id: string): Promise<void> {
      stored.get(`${this.kind}:${id}`)!.consumed = Math.floor(Date.now() / 1_000);
    }

    async destroy(id: string): Promise<void> {
      stored.delete(`${this.kind}:${id}`);
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      for (const [key, payload] of stored) if (payload.grantId === grantId) stored.delete(key);
    }
  };
}

/** Keeps cookies and follows redirects until one leads to another origin. */
class Browser {
  private readonly cookies = new Map<string, string>();

  /** @returns the URL at the other origin. */
  async open(url: string): Promise<string> {
    const { origin } = new URL(url);
    let at = url;
    for (;;) {
      const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(at, { redirect: 'manual', headers: { cookie } });
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
        this.cookies.set(name!, value!);
      }
      const location = response.headers.get('location');
      if (location === null) throw new Error(`${at}: ${response.status} ${await response.text()}`);
      at = new URL(location, at).toString();
      if (new URL(at).origin !== origin) return at;
    }
  }
}
