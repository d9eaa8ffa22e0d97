import { Schedule, type Scheduled } from '@rookery/messaging';
import { IdentitySettings } from '../../settings';
import { Decoys } from '../../storage/decoys';
import { Users } from '../../storage/users';

const BATCH_SIZE = 100;

/** Cancels registrations that were not verified in time. */
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
    const late = await this.users.lockUnverified(this.settings.registrationTtlSeconds, BATCH_SIZE);
    for (const id of late) {
      const user = await this.users.get(id);
      user.cancelRegistration('not-verified-in-time');
      await this.users.remove(user);
    }
    const decoys = await this.decoys.removeExpired(BATCH_SIZE);
    return late.length === BATCH_SIZE || decoys === BATCH_SIZE;
  }
}
