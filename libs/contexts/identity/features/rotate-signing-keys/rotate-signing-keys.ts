import { Logger } from '@nestjs/common';
import { Schedule, type Scheduled } from '@rookery/messaging';
import { KeyRotation } from '../../services/key-rotation';
import { IdentitySettings } from '../../settings';

/**
 * Rotates the signing key of access tokens when it is old, and deletes the previous one when its tokens have expired.
 */
@Schedule('identity.rotate-signing-keys', { everySeconds: 60, formerly: ['identity.RotateSigningKeys'] })
export class RotateSigningKeys implements Scheduled {
  private readonly log = new Logger(RotateSigningKeys.name);

  constructor(
    private readonly rotation: KeyRotation,
    private readonly settings: IdentitySettings,
  ) {}

  async run(): Promise<void> {
    for (const step of await this.rotation.takeStepsDue(this.settings.signingKeyDays)) {
      this.log.log(`Signing keys: ${step}.`);
    }
  }
}
