import { eventually } from './eventually';

/** A mail as the mailbox has it. */
export interface ReceivedMail {
  id: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
  messageId: string;
}

/** Reads what was sent to the mailbox of a suite, and makes it refuse mail. */
export class Inbox {
  /** @param url of the mailbox's page */
  constructor(private readonly url: string) {}

  /** @returns what an address has got, newest first. */
  async of(address: string): Promise<ReceivedMail[]> {
    const response = await fetch(`${this.url}/api/messages?to=${encodeURIComponent(address)}`);
    return ((await response.json()) as { data: ReceivedMail[] }).data;
  }

  /** Waits for the latest mail to an address whose subject fits. */
  async latest(address: string, subject: RegExp = /./): Promise<ReceivedMail> {
    return eventually(async () => {
      const mail = (await this.of(address)).find((each) => subject.test(each.subject));
      if (!mail) throw new Error(`No mail to ${address} with a subject like ${subject}.`);
      return mail;
    });
  }

  /** Makes the mail server answer an SMTP code to a recipient, or to all with `*`. */
  async refuse(recipient: string, code: number): Promise<void> {
    await fetch(`${this.url}/api/behaviour`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ rcpt: { [recipient]: code } }),
    });
  }

  /** Makes the mail server take everything again. */
  async accept(): Promise<void> {
    await fetch(`${this.url}/api/behaviour`, { method: 'DELETE' });
  }
}
