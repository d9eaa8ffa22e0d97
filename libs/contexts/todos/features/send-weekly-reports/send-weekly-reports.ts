import { Clock, occurred } from '@rookery/domain';
import { Schedule, type Scheduled } from '@rookery/messaging';
import { Outbox } from '@rookery/persistence';
import { WeeklyReportRequested } from '../../contract';
import { dayOf } from '../../services/cadence';
import { nextReport } from '../../services/report-clock';
import { ReportRecipients } from '../../storage/report-recipients';

const BATCH_SIZE = 100;
/** A report that would be later than this is skipped. */
const MAX_LATE_MS = 2 * 86_400_000;

/** Requests the weekly reports that are due, each according to the time zone of its user. */
@Schedule('todos.send-weekly-reports', { everySeconds: 30 })
export class SendWeeklyReports implements Scheduled {
  constructor(
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly recipients: ReportRecipients,
  ) {}

  async run(): Promise<void> {
    const now = this.clock.now();
    const due = await this.recipients.due(now, BATCH_SIZE);
    if (due.length === 0) return;
    await this.recipients.postpone(
      due.map(({ userId, timeZone }) => ({ userId, at: nextReport(timeZone, now) })),
    );
    const inTime = due.filter(({ dueAt }) => now.getTime() - dueAt.getTime() <= MAX_LATE_MS);
    const reports = inTime.map(({ userId, timeZone, dueAt }) => ({ userId, week: dayOf(dueAt, timeZone) }));
    const fresh = await this.recipients.record(reports);
    const asked = reports.filter(({ userId }) => fresh.has(userId));
    if (asked.length > 0)
      await this.outbox.append(asked.map((report) => occurred(WeeklyReportRequested, report)));
  }
}
