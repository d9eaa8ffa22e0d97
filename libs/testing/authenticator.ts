import { generateSync } from 'otplib';
import type { Person } from './people';
import type { TestSystem } from './system';

const PERIOD_SECONDS = 30;

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
