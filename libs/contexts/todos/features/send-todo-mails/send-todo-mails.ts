import type { EventOf } from '@rookery/domain';
import { defineMail, Mail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { type Recipient, Recipients } from '../../../identity/contract';
import { Memberships } from '../../../workspaces/contract';
import { ReminderRequested, WeeklyReportRequested } from '../../events';

/** Todos that a mail lists. */
const MAX_LISTED = 10;

interface Line {
  title: string;
  /** `Mon, Jan 5, 9:00 AM`, on the clock of the reader. */
  when: string;
}

interface Reminder {
  name: string;
  todos: Line[];
  /** How many more there are; empty if none. */
  more: string;
}

const dueSoonMail = defineMail<Reminder>({
  subject: 'Due within a day',
  text: `Hello {{name}},

this is due within a day:

{{#each todos}}
- {{title}} ({{when}})
{{/each}}
{{#if more}}
… and {{more}} more.
{{/if}}
`,
  html: `<p>Hello {{name}},</p>
<p>this is due within a day:</p>
<ul>{{#each todos}}<li>{{title}} <span style="color:#777">({{when}})</span></li>{{/each}}</ul>
{{#if more}}<p>… and {{more}} more.</p>{{/if}}`,
});

const overdueMail = defineMail<Reminder>({
  subject: 'Overdue',
  text: `Hello {{name}},

this was due and is not done yet:

{{#each todos}}
- {{title}} ({{when}})
{{/each}}
{{#if more}}
… and {{more}} more.
{{/if}}
`,
  html: `<p>Hello {{name}},</p>
<p>this was due and is not done yet:</p>
<ul>{{#each todos}}<li>{{title}} <span style="color:#777">({{when}})</span></li>{{/each}}</ul>
{{#if more}}<p>… and {{more}} more.</p>{{/if}}`,
});

const weeklyReportMail = defineMail<Reminder & { completed: number; overdue: number; pending: number }>({
  subject: 'Your week',
  text: `Hello {{name}},

you completed {{completed}} in the last week. {{pending}} are pending, {{overdue}} of them overdue.
{{#if todos}}

Due in the next week:

{{#each todos}}
- {{title}} ({{when}})
{{/each}}
{{#if more}}
… and {{more}} more.
{{/if}}
{{/if}}
`,
  html: `<p>Hello {{name}},</p>
<p>you completed {{completed}} in the last week. {{pending}} are pending, {{overdue}} of them overdue.</p>
{{#if todos}}<p>Due in the next week:</p>
<ul>{{#each todos}}<li>{{title}} <span style="color:#777">({{when}})</span></li>{{/each}}</ul>
{{#if more}}<p>… and {{more}} more.</p>{{/if}}{{/if}}`,
});

/** @returns a due date as its reader's clock shows it */
function shown(dueDate: Date, { timeZone }: Recipient): string {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  }).format(dueDate);
}

/** Reminds users of up to ten todos, of those that are still to be done when the mail is sent. */
@Subscriber('todos.send-reminder-mail', ReminderRequested, { queue: Queues.mail })
export class SendReminderMail implements Handles<typeof ReminderRequested> {
  constructor(
    private readonly mail: Mail,
    private readonly memberships: Memberships,
    private readonly recipients: Recipients,
    private readonly sql: Sql,
  ) {}

  async handle({ data }: EventOf<typeof ReminderRequested>, { key }: Attempt): Promise<void> {
    const { userId, kind, todoIds, more } = data;
    const [user] = await this.recipients.find([userId]);
    if (!user) return;
    const workspaces = await this.memberships.workspacesOf(userId);
    const todos = await this.sql.rows<{ title: string; dueDate: Date }>(
      `SELECT title, due_at AS "dueDate" FROM todos.todos
       WHERE id = ANY ($1::uuid[]) AND workspace_id = ANY ($2::uuid[]) AND responsible_id = $3
         AND status = 'PENDING' AND due_at IS NOT NULL
       ORDER BY due_at, id`,
      [todoIds, workspaces.map(({ workspaceId }) => workspaceId), userId],
    );
    if (todos.length === 0) return;
    const lines = todos.map(({ title, dueDate }) => ({ title, when: shown(dueDate, user) }));
    const template = kind === 'overdue' ? overdueMail : dueSoonMail;
    await this.mail.send(
      user.email,
      template,
      { name: user.name, todos: lines, more: more > 0 ? String(more) : '' },
      key,
    );
  }
}

/** Sends the report of a week; nobody gets one about nothing. */
@Subscriber('todos.send-weekly-report-mail', WeeklyReportRequested, { queue: Queues.mail })
export class SendWeeklyReportMail implements Handles<typeof WeeklyReportRequested> {
  constructor(
    private readonly mail: Mail,
    private readonly memberships: Memberships,
    private readonly recipients: Recipients,
    private readonly sql: Sql,
  ) {}

  async handle(
    { data: { userId }, occurredAt }: EventOf<typeof WeeklyReportRequested>,
    { key }: Attempt,
  ): Promise<void> {
    const [user] = await this.recipients.find([userId]);
    if (!user) return;
    const workspaces = (await this.memberships.workspacesOf(userId)).map(({ workspaceId }) => workspaceId);
    const counts = await this.sql.row<{ completed: number; pending: number; overdue: number; next: number }>(
      `SELECT (count(*) FILTER (WHERE completed_at > $3::timestamptz - interval '7 days' AND completed_by = $1))::int
                AS completed,
              (count(*) FILTER (WHERE status = 'PENDING'))::int AS pending,
              (count(*) FILTER (WHERE status = 'PENDING' AND due_at < $3))::int AS overdue,
              (count(*) FILTER (WHERE status = 'PENDING' AND due_at >= $3
                AND due_at < $3::timestamptz + interval '7 days'))::int AS next
       FROM todos.todos WHERE responsible_id = $1 AND workspace_id = ANY ($2::uuid[])`,
      [userId, workspaces, occurredAt],
    );
    const { completed, pending, overdue, next } = counts!;
    if (completed + pending === 0) return;
    const todos = await this.sql.rows<{ title: string; dueDate: Date }>(
      `SELECT title, due_at AS "dueDate" FROM todos.todos
       WHERE responsible_id = $1 AND workspace_id = ANY ($2::uuid[]) AND status = 'PENDING'
         AND coalesce(due_at, 'infinity'::timestamptz) >= $3
         AND coalesce(due_at, 'infinity'::timestamptz) < $3::timestamptz + interval '7 days'
       ORDER BY coalesce(due_at, 'infinity'::timestamptz), id LIMIT ${MAX_LISTED}`,
      [userId, workspaces, occurredAt],
    );
    const more = next > todos.length ? String(next - todos.length) : '';
    const lines = todos.map(({ title, dueDate }) => ({ title, when: shown(dueDate, user) }));
    await this.mail.send(
      user.email,
      weeklyReportMail,
      { name: user.name, completed, pending, overdue, todos: lines, more },
      key,
    );
  }
}
