import { Clock, occurred } from '@rookery/domain';
import { Schedule, type Scheduled } from '@rookery/messaging';
import { Outbox } from '@rookery/persistence';
import { WeeklyReportRequested } from '../../contract';
import { dayOf } from '../../services/cadence';
import { nextReport } from '../../services/report-clock';
import { ReportRecipients } from '../../storage/report-recipients';

const BATCH_SIZE = 100;
/** A report that is later than this is left out: its week is half over. */
const MAX_LATE_MS = 2 * 86_400_000;

/** Asks for the weekly reports that are due, each where its user's clock says so. */
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
