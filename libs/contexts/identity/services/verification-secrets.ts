import { Injectable } from '@nestjs/common';
import { Keys } from '../keys';

/**
 * The code and the link of a verification, the link of a password reset and that of a changed address, derived from their ids: nothing secret is
 * stored with the event, and a mail that is sent twice has the same content.
 */
@Injectable()
export class VerificationSecrets {
  constructor(private readonly keys: Keys) {}

  /** @returns six digits (dynamic truncation, RFC 4226 §5.3). */
  code(verificationId: string): string {
    const mac = this.keys.mac('verification-code', verificationId);
    const number = mac.readUInt32BE(mac.at(-1)! & 0xf) & 0x7fffffff;
    return String(number % 1_000_000).padStart(6, '0');
  }

  /** @returns 256 bits, base64url. */
  linkToken(verificationId: string): string {
    return this.keys.mac('verification-link', verificationId).toString('base64url');
  }

  /** @returns 256 bits, base64url. */
  undoToken(changeId: string): string {
    return this.keys.mac('email-undo-link', changeId).toString('base64url');
  }

  /** @returns 256 bits, base64url. */
  resetToken(resetId: string): string {
    return this.keys.mac('password-reset-link', resetId).toString('base64url');
  }
}
