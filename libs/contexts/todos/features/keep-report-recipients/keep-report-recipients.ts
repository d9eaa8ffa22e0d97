import { Clock, type EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { PreferencesChanged, Recipients } from '../../../identity/contract';
import { TodoCreated } from '../../contract';
import { nextReport } from '../../services/report-clock';
import { ReportRecipients } from '../../storage/report-recipients';

/** Whoever has written a todo, or is assigned one, gets weekly reports, by the clock of their time zone. */
@Subscriber('todos.keep-report-recipients', [TodoCreated, PreferencesChanged], { queue: Queues.projections })
export class KeepReportRecipients implements Handles<typeof TodoCreated | typeof PreferencesChanged> {
  constructor(
    private readonly clock: Clock,
    private readonly recipients: Recipients,
    private readonly reports: ReportRecipients,
  ) {}

  /** Reads what the preferences say now: events may arrive in any order. */
  async handle({ data }: EventOf<typeof TodoCreated | typeof PreferencesChanged>): Promise<void> {
    const userId = 'userId' in data ? data.userId : (data.assigneeId ?? data.authorId);
    const known = await this.reports.has(userId);
    if ('userId' in data ? !known : known) return;
    const [user] = await this.recipients.find([userId]);
    if (user) await this.reports.set(userId, user.timeZone, nextReport(user.timeZone, this.clock.now()));
  }
}
