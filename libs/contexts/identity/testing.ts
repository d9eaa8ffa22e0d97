import { randomBytes } from 'node:crypto';
import type { Person, TestSystem } from '@rookery/testing';
import type { Given, Scene } from '@rookery/testing/access';
import { generateSync } from 'otplib';

/** A password that the policy accepts. */
export const PASSWORD = 'correct horse battery';

const PERIOD_SECONDS = 30;

/** @returns the form of somebody who has not registered yet, whom no suite has met; fields of one's own win. */
export function newcomer(own: { email?: string; username?: string; password?: string; name?: string } = {}) {
  const name = `person${randomBytes(6).toString('hex')}`;
  return { email: `${name}@example.com`, username: name, password: PASSWORD, name: 'Some Person', ...own };
}

/** Registers somebody and verifies the address with the code in the mail. */
export async function signUp(system: TestSystem, own: Parameters<typeof newcomer>[0] = {}): Promise<Person> {
  const form = newcomer(own);
  await system.ask('POST /v1/auth/register', { body: form });
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

/** Makes an active account with a role and signs it in, without mail and code; it has no password that works. */
export async function enrol(
  system: TestSystem,
  { role = 'user', ...own }: { role?: string } & Parameters<typeof newcomer>[0] = {},
): Promise<Person> {
  const { email, username, name } = newcomer(own);
  const { id, token } = await system.fixture<{ id: string; token: string }>('identity.enrol', {
    role,
    email,
    username,
    name,
  });
  return { id, email, token };
}

/** The authenticator app of somebody who has enrolled it, and the recovery codes that came with it. */
export class Authenticator {
  private constructor(
    private readonly system: TestSystem,
    private readonly userId: string,
    readonly secret: string,
    readonly recoveryCodes: readonly string[],
  ) {}

  /** Enrols an app for somebody. */
  static async enrol(system: TestSystem, { id, token }: Person): Promise<Authenticator> {
    const { body } = await system.ask('POST /v1/auth/totp/initiate', { token });
    const { secret } = body as { secret: string };
    const code = generateSync({ secret });
    const enrolled = await system.ask('POST /v1/auth/totp/verify', { token, body: { code } });
    return new Authenticator(system, id, secret, enrolled.body.recoveryCodes);
  }

  /** @returns a code that is good now: the one before is forgotten, as if 30 seconds had passed. */
  async code(): Promise<string> {
    await this.system.sql('UPDATE identity.second_factors SET last_step = 0 WHERE user_id = $1', [
      this.userId,
    ]);
    return generateSync({ secret: this.secret });
  }

  /** @returns a code that is good neither now nor within the next minute. */
  wrongCode(): string {
    return wrongCode(this.secret);
  }
}

/** @returns a code that does not fit a secret, neither now nor within the next minute. */
export function wrongCode(secret: string): string {
  const now = Math.floor(Date.now() / 1_000);
  const good = [-1, 0, 1, 2, 3].map((steps) => generateSync({ secret, epoch: now + steps * PERIOD_SECONDS }));
  return ['111111', '222222', '333333', '444444', '555555', '666666'].find((code) => !good.includes(code))!;
}

/** Somebody who is none of the callers. */
export async function bystander({ system }: Scene): Promise<Given> {
  return { path: { id: (await enrol(system)).id } };
}
