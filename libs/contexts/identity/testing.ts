import { randomBytes } from 'node:crypto';
import type { Person, TestSystem } from '@rookery/testing';
import type { Given, Scene } from '@rookery/testing/access';
import { decodeJwt } from 'jose';
import { generateSync } from 'otplib';

/** A password that the policy accepts. */
export const PASSWORD = 'correct horse battery';

/**
 * Milliseconds within which every process applies a change. The contract is five seconds, because caches live for four
 * (`services/cache-ttl.int.spec.ts`), but on a busy machine a single request can take that long.
 */
export const NOTICED_MS = 15_000;

const PERIOD_SECONDS = 30;

/** @returns a unique registration form; `fields` override its values. */
export function newcomer(own: { email?: string; username?: string; password?: string; name?: string } = {}) {
  const name = `person${randomBytes(6).toString('hex')}`;
  return { email: `${name}@example.com`, username: name, password: PASSWORD, name: 'Some Person', ...own };
}

/** Registers a user and verifies the address with the code in the mail. */
export async function signUp(system: TestSystem, own: Parameters<typeof newcomer>[0] = {}): Promise<Person> {
  const form = newcomer(own);
  const registered = await system.ask('POST /v1/auth/register', { body: form });
  if (registered.status !== 202) throw new Error(`Not registered: ${JSON.stringify(registered.body)}`);
  const { code } = await verificationMail(system, form.email);
  const { body } = await system.ask('POST /v1/auth/verify', { body: { email: form.email, code } });
  return { id: body.user.id, email: form.email, token: body.accessToken };
}

/** Waits for the latest verification mail to an address. */
export async function verificationMail(
  system: TestSystem,
  address: string,
): Promise<{ code: string; token: string }> {
  const { text } = await system.inbox.latest(address, /is your Rookery code/);
  return { code: /code is (\d{6})/.exec(text)![1]!, token: /token=([\w-]+)/.exec(text)![1]! };
}

/** Creates an active account with a role and signs it in, without mail and code; it has no usable password. */
export async function enroll(
  system: TestSystem,
  { role = 'user', ...own }: { role?: string } & Parameters<typeof newcomer>[0] = {},
): Promise<Person> {
  const { email, username, name } = newcomer(own);
  const { id, token } = await system.fixture<{ id: string; token: string }>('identity.enroll', {
    role,
    email,
    username,
    name,
  });
  return { id, email, token };
}

/**
 * For suites that count statements: for a second after a token was issued each request with it reads its session.
 *
 * @returns a token of the same session that was issued a minute ago
 */
export function agedToken(system: TestSystem, { token }: Pick<Person, 'token'>): Promise<string> {
  const claims = decodeJwt(token);
  return system.fixture('identity.signToken', {
    claims: { ...claims, iat: claims.iat! - 60 },
    typ: 'at+jwt',
  });
}

/** An enrolled authenticator app, and its recovery codes. */
export class Authenticator {
  private constructor(
    private readonly system: TestSystem,
    private readonly userId: string,
    readonly secret: string,
    readonly recoveryCodes: readonly string[],
  ) {}

  /** Enrolls an app for a user. */
  static async enroll(system: TestSystem, { id, token }: Person): Promise<Authenticator> {
    const { body } = await system.ask('POST /v1/auth/totp/initiate', { token });
    const { secret } = body as { secret: string };
    const code = generateSync({ secret });
    const enrolled = await system.ask('POST /v1/auth/totp/verify', { token, body: { code } });
    return new Authenticator(system, id, secret, enrolled.body.recoveryCodes);
  }

  /** @returns a valid code: resets the last used one, as if 30 seconds had passed. */
  async code(): Promise<string> {
    await this.system.sql('UPDATE identity.second_factors SET last_step = 0 WHERE user_id = $1', [
      this.userId,
    ]);
    return generateSync({ secret: this.secret });
  }

  /** @returns a code that is invalid now and within the next minute. */
  wrongCode(): string {
    return wrongCode(this.secret);
  }
}

/** @returns a code that does not match a secret now or within the next minute. */
export function wrongCode(secret: string): string {
  const now = Math.floor(Date.now() / 1_000);
  const good = [-1, 0, 1, 2, 3].map((steps) => generateSync({ secret, epoch: now + steps * PERIOD_SECONDS }));
  return ['111111', '222222', '333333', '444444', '555555', '666666'].find((code) => !good.includes(code))!;
}

/** A user other than the callers. */
export async function bystander({ system }: Scene): Promise<Given> {
  return { path: { id: (await enroll(system)).id } };
}
