import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { notificationsOf } from '@rookery/contexts/notifications/testing';
import { follow } from '@rookery/contexts/stories/testing';
import { Sql, Transaction } from '@rookery/persistence';
import { eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { RemoveBlocked } from './remove-gone';

describe('Notifications about a user who blocked another', () => {
  const system = ownSystem(contexts);

  it('are removed from both inboxes, without a deadlock if the two block each other at once', async () => {
    const [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    await Promise.all([follow(system, ada, bob), follow(system, bob, ada)]);
    await Promise.all([notificationsOf(system, ada, 1), notificationsOf(system, bob, 1)]);
    const removing: Promise<void>[] = [];
    await system.inApi(Transaction).run(async () => {
      await system
        .inApi(Sql)
        .execute('SELECT FROM notifications.actors WHERE actor_id = $1 FOR UPDATE', [ada.id]);
      removing.push(remove(ada, bob));
      await waiting(1);
      removing.push(remove(bob, ada));
      await waiting(2);
    });
    await Promise.all(removing);
    await Promise.all([notificationsOf(system, ada, 0), notificationsOf(system, bob, 0)]);
  });

  async function remove({ id: userId }: Person, { id: otherId }: Person): Promise<void> {
    const event = { data: { userId, otherId } } as Parameters<RemoveBlocked['handle']>[0];
    await system.inWorker(Transaction).run(() => system.inWorker(RemoveBlocked).handle(event));
  }

  const waiting = (count: number) =>
    eventually(async () => {
      const rows = await system.sql(
        `SELECT FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'rookery-worker' AND wait_event_type = 'Lock'`,
      );
      return rows.length === count;
    });
});
