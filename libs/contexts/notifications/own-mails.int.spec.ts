import { enroll } from '@rookery/contexts/identity/testing';
import { notificationsOf } from '@rookery/contexts/notifications/testing';
import { requestTale } from '@rookery/contexts/tales/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather, invite } from '@rookery/contexts/workspaces/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';
import { KIND_NAMES, type Kind, type KindName, KINDS } from './model/kinds';

describe('A kind that its own context mails', () => {
  const system = sharedSystem();

  /** For each kind: how to cause it for a user, and the subject of its mail. */
  const ways: Partial<Record<KindName, [subject: RegExp, happen: (who: Person) => Promise<unknown>]>> = {
    taleReady: [/^Your story is ready: /, (who) => requestTale(system, who)],
    workspaceInvite: [
      / invites you to join /,
      async ({ email }) => {
        const host = await enroll(system);
        await invite(system, host, await gather(system, host), { email });
      },
    ],
    todoDueSoon: [
      /^Due within a day$/,
      async (who) => {
        const dueDate = new Date(Date.now() + 3_600_000).toISOString();
        await createTodo(system, who, await gather(system, who), { dueDate });
        await system.runSchedule('todos.remind-of-due-dates');
      },
    ],
    todoOverdue: [
      /^Overdue$/,
      async (who) => {
        const dueDate = new Date(Date.now() - 3_600_000).toISOString();
        await createTodo(system, who, await gather(system, who), { dueDate });
        await system.runSchedule('todos.remind-of-overdue');
      },
    ],
    weeklyReport: [
      /^Your week$/,
      async (who) => {
        await createTodo(system, who, await gather(system, who));
        await eventually(async () => {
          const due = await system.sql(
            'UPDATE todos.report_recipients SET next_at = now() WHERE user_id = $1 RETURNING 1',
            [who.id],
          );
          return due.length === 1;
        });
        await system.runSchedule('todos.send-weekly-reports');
      },
    ],
  };

  /** Turns on immediate mails about a kind, also if the API does not offer this choice. */
  const wantMail = (who: Person, kind: KindName) =>
    system.sql(
      `INSERT INTO notifications.settings (user_id, digest, kinds, updated_at) VALUES ($1, 'daily', $2, now())`,
      [who.id, JSON.stringify({ [kind]: { inApp: true, mail: 'immediate', push: false, webhook: false } })],
    );

  /** Waits until notifications has handled all events about a user. */
  const told = (who: Person) =>
    eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.outbox o LEFT JOIN messaging.event_delivery d USING (event_id)
         WHERE o.data ->> 'userId' = $1
           AND (o.published_at IS NULL OR (d.state = 'pending' AND d.subscriber LIKE 'notifications.%'))`,
        [who.id],
      );
      return open.length === 0;
    });

  it('is tested here for every kind with `ownMail`', () => {
    expect(Object.keys(ways)).toEqual(KIND_NAMES.filter((kind) => (KINDS[kind] as Kind).ownMail));
  });

  it.each(Object.entries(ways))('is mailed once: %s', async (kind, [subject, happen]) => {
    const who = await enroll(system);
    await wantMail(who, kind as KindName);
    await happen(who);
    await system.inbox.latest(who.email, subject);
    expect(await notificationsOf(system, who, 1)).toMatchObject([{ kind }]);
    await told(who);
    const mails = (await system.inbox.of(who.email)).map((mail) => mail.subject);
    // The welcome mail can come at any time.
    expect(mails.filter((each) => each !== 'Welcome to Rookery')).toEqual([expect.stringMatching(subject)]);
  });
});
