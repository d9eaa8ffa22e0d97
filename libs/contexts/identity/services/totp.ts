import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '@rookery/domain';
import { generateSecret, generateURI, verifySync } from 'otplib';
import { Keys } from '../keys';

/** Time step in seconds (RFC 6238 §5.2 recommends 30); the previous and the next code are accepted too. */
const PERIOD_SECONDS = 30;
/** 160 bits, the length that RFC 4226 §4 recommends. */
const SECRET_BYTES = 20;
const ISSUER = 'Rookery';

/** Secrets and codes of authenticator apps: six digits, SHA-1, 30 seconds, which every app supports. */
@Injectable()
export class Totp {
  private readonly log = new Logger(Totp.name);

  constructor(
    private readonly clock: Clock,
    private readonly keys: Keys,
  ) {}

  /**
   * Creates a secret.
   *
   * @param label label in the app
   * @returns the secret in base32, as a URI for apps, and encrypted for storage
   */
  create(userId: string, label: string): { secret: string; uri: string; sealed: Buffer } {
    const secret = generateSecret({ length: SECRET_BYTES });
    return {
      secret,
      uri: generateURI({ issuer: ISSUER, label, secret, period: PERIOD_SECONDS, digits: 6 }),
      sealed: this.keys.seal('totp-secrets', userId, Buffer.from(secret)),
    };
  }

  /**
   * @param sealed secret as stored
   * @param lastStep time step of the last used code: codes of this step or earlier are rejected
   * @returns the time step of the code; undefined if it does not match, and always if the secret was encrypted with
   *   another master key
   */
  stepOf(
    userId: string,
    { secret: sealed, lastStep }: { secret: Buffer; lastStep: number },
    code: string,
  ): number | undefined {
    const secret = this.read(userId, sealed);
    if (secret === undefined) return undefined;
    const result = verifySync({
      secret,
      token: code,
      period: PERIOD_SECONDS,
      epoch: Math.floor(this.clock.now().getTime() / 1_000),
      epochTolerance: PERIOD_SECONDS,
    });
    return result.valid && 'timeStep' in result && result.timeStep > lastStep ? result.timeStep : undefined;
  }

  private read(userId: string, sealed: Buffer): string | undefined {
    try {
      return this.keys.open('totp-secrets', userId, sealed).toString();
    } catch (error) {
      this.log.error(`The second factor of ${userId} cannot be read. ${(error as Error).message}`);
      return undefined;
    }
  }
}
