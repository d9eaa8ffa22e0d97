import { runBenches } from '../support/bench.mts';

/** Measures how fast queued mails are sent, and how fast one event reaches many inboxes. */
export default function (args: string[]): Promise<number> {
  return runBenches(['bench/mail.bench.mts'], args);
}
