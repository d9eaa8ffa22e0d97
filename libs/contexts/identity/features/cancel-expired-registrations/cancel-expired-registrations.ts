import { Schedule, type Scheduled } from '@rookery/messaging';
import { IdentitySettings } from '../../settings';
import { Decoys } from '../../storage/decoys';
import { Users } from '../../storage/users';

const BATCH_SIZE = 100;

/** Cancels registrations that were not verified in time: pending accounts and decoys, which look the same until then. */
@Schedule('identity.cancel-expired-registrations', {
  everySeconds: 30,
  formerly: ['identity.CancelExpiredRegistrations'],
})
export class CancelExpiredRegistrations implements Scheduled {
  constructor(
    private readonly decoys: Decoys,
    private readonly settings: IdentitySettings,
    private readonly users: Users,
  ) {}

  async run(): Promise<boolean> {
    const expired = await this.users.lockExpired(this.settings.registrationTtlSeconds, BATCH_SIZE);
    for (const { id, decoy } of expired) {
      if (decoy) continue;
      const user = await this.users.get(id);
      user.cancelRegistration('not-verified-in-time');
      await this.users.remove(user);
    }
    await this.decoys.removeAll(expired.filter(({ decoy }) => decoy).map(({ id }) => id));
    return expired.length === BATCH_SIZE;
  }
}
