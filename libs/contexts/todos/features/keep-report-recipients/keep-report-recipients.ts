import { Clock, type EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { PreferencesChanged, Recipients } from '../../../identity/contract';
import { TodoCreated, TodoUpdated } from '../../contract';
import { nextReport } from '../../services/report-clock';
import { ReportRecipients } from '../../storage/report-recipients';

const CHANGES = [TodoCreated, TodoUpdated, PreferencesChanged];
type Change = EventOf<(typeof CHANGES)[number]>;

/** Records who gets weekly reports: everybody who created a todo or was assigned one. Times are in their time zone. */
@Subscriber('todos.keep-report-recipients', CHANGES, { queue: Queues.projections })
export class KeepReportRecipients implements Handles<(typeof CHANGES)[number]> {
  constructor(
    private readonly clock: Clock,
    private readonly recipients: Recipients,
    private readonly reports: ReportRecipients,
  ) {}

  /** Reads the current preferences, because events can arrive in any order. */
  async handle({ data }: Change): Promise<void> {
    const moves = 'userId' in data;
    for (const userId of usersOf(data)) {
      if ((await this.reports.has(userId)) !== moves) continue;
      const [user] = await this.recipients.find([userId]);
      if (user) await this.reports.set(userId, user.timeZone, nextReport(user.timeZone, this.clock.now()));
    }
  }
}

/** Includes the author of an assigned todo, who is responsible for it when the assignment ends. */
function usersOf(data: Change['data']): string[] {
  if ('userId' in data) return [data.userId];
  const assigned = 'changed' in data && !data.changed.includes('assigneeId') ? null : data.assigneeId;
  return [assigned ?? [], 'authorId' in data ? data.authorId : []].flat();
}
