import type { EventOf } from '@rookery/domain';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { TenReached } from '../../contract';
import { ProbeEffects } from '../../settings';

/** Has an effect outside of transactions. */
@Subscriber('probe.report-tenth', TenReached, { queue: Queues.mail })
export class ReportTenth implements Handles<typeof TenReached> {
  constructor(private readonly effects: ProbeEffects) {}

  async handle({ data }: EventOf<typeof TenReached>, { key, signal }: Attempt): Promise<void> {
    const response = await fetch(this.effects.url, {
      method: 'POST',
      headers: { 'idempotency-key': key },
      body: data.commandId,
      signal,
    });
    if (!response.ok) throw new Error(`The receiver answers ${response.status}.`);
  }
}
