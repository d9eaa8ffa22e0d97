import { Injectable } from '@nestjs/common';
import { newId } from '@rookery/domain';
import type { User } from '../model/user';
import { PasswordResetLinks } from '../storage/password-reset-links';
import { Users } from '../storage/users';
import { VerificationSecrets } from './verification-secrets';

/** Lifetime of a password reset link in milliseconds. */
const LINK_TTL_MS = 3_600_000;

/** Requests password resets by mail. */
@Injectable()
export class PasswordResets {
  constructor(
    private readonly links: PasswordResetLinks,
    private readonly secrets: VerificationSecrets,
    private readonly users: Users,
  ) {}

  /**
   * Stores the account and requests the mail with the link.
   *
   * @returns the token in the link, valid once, for an hour
   */
  async begin(user: User, now: Date): Promise<string> {
    const resetId = newId();
    user.requestPasswordReset(resetId, now);
    await this.users.save(user);
    const token = this.secrets.resetToken(resetId);
    await this.links.add(token, user.id, new Date(now.getTime() + LINK_TTL_MS));
    return token;
  }
}
