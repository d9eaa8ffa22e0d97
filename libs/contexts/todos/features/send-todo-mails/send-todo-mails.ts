import { Clock, type EventOf } from '@rookery/domain';
import { defineMail, Mail, mailLanguage, type MailPart } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql, Transaction } from '@rookery/persistence';
import { type Recipient, Recipients } from '../../../identity/contract';
import { Memberships } from '../../../workspaces/contract';
import { TodoMailChoices, WeeklyReportRequested } from '../../contract';
import { ReminderRequested } from '../../events';
import { metrics } from '../../metrics';
import { Notices } from '../../storage/notices';
import { ReminderMails } from '../../storage/reminder-mails';

/** Maximum number of todos in a mail. */
const MAX_LISTED = 10;

interface Line {
  title: string;
  /** `Mon, Jan 5, 9:00 AM`, in the time zone of the recipient. */
  when: string;
}

interface Reminder {
  name: string;
  todos: Line[];
  /** Number of further todos; empty if there are none. */
  more: string;
}

const TODOS_EN: MailPart[] = [
  { each: 'todos', item: '{{title}} ({{when}})' },
  '{{#if more}}… and {{more}} more.{{/if}}',
];
const TODOS_DE: MailPart[] = [
  { each: 'todos', item: '{{title}} ({{when}})' },
  '{{#if more}}… und {{more}} weitere.{{/if}}',
];
const SAMPLE: Reminder = {
  name: 'Ada Lovelace',
  todos: [
    { title: 'Count the swifts', when: 'Mon, Jan 5, 9:00 AM' },
    { title: 'Clean the nest boxes', when: 'Mon, Jan 5, 6:30 PM' },
  ],
  more: '3',
};

const REMINDERS = {
  'due-soon': defineMail<Reminder>('todos-due-soon', {
    transactional: false,
    sample: SAMPLE,
    en: { subject: 'Due within a day', body: ['Hello {{name}},', 'this is due within a day:', ...TODOS_EN] },
    de: {
      subject: 'Binnen eines Tages fällig',
      body: ['Guten Tag, {{name}},', 'das ist binnen eines Tages fällig:', ...TODOS_DE],
    },
  }),
  overdue: defineMail<Reminder>('todos-overdue', {
    transactional: false,
    sample: SAMPLE,
    en: { subject: 'Overdue', body: ['Hello {{name}},', 'this was due and is not done yet:', ...TODOS_EN] },
    de: {
      subject: 'Überfällig',
      body: ['Guten Tag, {{name}},', 'das war fällig und ist noch nicht erledigt:', ...TODOS_DE],
    },
  }),
};

const weeklyReportMail = defineMail<Reminder & { completed: number; overdue: number; pending: number }>(
  'todos-weekly-report',
  {
    transactional: false,
    sample: { ...SAMPLE, completed: 12, overdue: 1, pending: 6 },
    en: {
      subject: 'Your week',
      body: [
        'Hello {{name}},',
        'todos completed in the last week: {{completed}}. Pending: {{pending}}, of which overdue: {{overdue}}.',
        '{{#if todos}}Due in the next week:{{/if}}',
        ...TODOS_EN,
      ],
    },
    de: {
      subject: 'Ihre Woche',
      body: [
        'Guten Tag, {{name}},',
        'in der letzten Woche erledigt: {{completed}}. Noch zu tun: {{pending}}, davon überfällig: {{overdue}}.',
        '{{#if todos}}In der nächsten Woche fällig:{{/if}}',
        ...TODOS_DE,
      ],
    },
  },
);

/** @returns the lines of the mail, with due dates in the time zone and language of the recipient */
function linesOf(
  todos: readonly { title: string; dueDate: Date }[],
  { language, timeZone }: Recipient,
): Line[] {
  const clock = new Intl.DateTimeFormat(mailLanguage(language), {
    timeZone,
    weekday: 'short',
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  });
  return todos.map(({ title, dueDate }) => ({ title, when: clock.format(dueDate) }));
}

/**
 * Sends a reminder mail about up to ten todos that are still pending, if the user wants such mails. A user gets only a few
 * of them a day. Todos beyond that limit appear only among their notifications or in their next digest.
 */
@Subscriber('todos.send-reminder-mail', ReminderRequested, { queue: Queues.bulkMail })
export class SendReminderMail implements Handles<typeof ReminderRequested> {
  constructor(
    private readonly choices: TodoMailChoices,
    private readonly clock: Clock,
    private readonly mail: Mail,
    private readonly memberships: Memberships,
    private readonly notices: Notices,
    private readonly recipients: Recipients,
    private readonly reminderMails: ReminderMails,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {}

  async handle({ id, data, occurredAt }: EventOf<typeof ReminderRequested>, { key }: Attempt): Promise<void> {
    const { userId, kind, todoIds, more } = data;
    const [user] = await this.recipients.find([userId]);
    const unsubscribe = await this.choices.linksOf(userId, kind);
    if (!user || !unsubscribe) return;
    const workspaceIds = (await this.memberships.workspacesOf(userId)).map(({ workspaceId }) => workspaceId);
    const todos = await this.sql.rows<{ id: string; workspaceId: string; title: string; dueDate: Date }>(
      `SELECT id, workspace_id AS "workspaceId", title, due_at AS "dueDate" FROM todos.todos
       WHERE id = ANY ($1::uuid[]) AND workspace_id = ANY ($2::uuid[]) AND responsible_id = $3
         AND status = 'PENDING' AND due_at IS NOT NULL
       ORDER BY due_at, id`,
      [todoIds, workspaceIds, userId],
    );
    if (todos.length === 0) return;
    const isAdmitted = await this.transaction.run(async () => {
      const admitted = await this.reminderMails.admit(id, userId, this.clock.now());
      if (admitted) return true;
      const further = { workspaceIds, at: occurredAt, limit: more };
      const others = more > 0 ? await this.notices.toldWith(todoIds, kind, userId, further) : [];
      await this.choices.keepForDigest(userId, kind, [...todos, ...others]);
      return false;
    });
    if (!isAdmitted) return metrics.remindersLeftOut.inc({ kind });
    await this.mail.send(
      user.email,
      REMINDERS[kind],
      { name: user.name, todos: linesOf(todos, user), more: more > 0 ? String(more) : '' },
      key,
      { language: user.language, unsubscribe },
    );
  }
}

/** Sends the weekly report to users who want it. An empty report is not sent. */
@Subscriber('todos.send-weekly-report-mail', WeeklyReportRequested, { queue: Queues.bulkMail })
export class SendWeeklyReportMail implements Handles<typeof WeeklyReportRequested> {
  constructor(
    private readonly choices: TodoMailChoices,
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
    const unsubscribe = await this.choices.linksOf(userId, 'weekly-report');
    if (!user || !unsubscribe) return;
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
    await this.mail.send(
      user.email,
      weeklyReportMail,
      { name: user.name, completed, pending, overdue, todos: linesOf(todos, user), more },
      key,
      { language: user.language, unsubscribe },
    );
  }
}
