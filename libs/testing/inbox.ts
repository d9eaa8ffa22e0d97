import { eventually } from './eventually';

/** A mail in the mailbox. */
export interface ReceivedMail {
  id: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
  messageId: string;
}

/** Reads the mailbox of a suite, and makes it reject mail. */
export class Inbox {
  /** @param url of the mailbox's page */
  constructor(private readonly url: string) {}

  /** @returns the mails to an address, newest first. */
  async of(address: string): Promise<ReceivedMail[]> {
    const response = await fetch(`${this.url}/api/messages?to=${encodeURIComponent(address)}`);
    return ((await response.json()) as { data: ReceivedMail[] }).data;
  }

  /** Waits for the latest mail to an address with a matching subject. */
  async latest(address: string, subject: RegExp = /./): Promise<ReceivedMail> {
    return eventually(async () => {
      const mail = (await this.of(address)).find((each) => subject.test(each.subject));
      if (!mail) throw new Error(`No mail to ${address} with a subject like ${subject}.`);
      return mail;
    });
  }

  /** Makes the mail server reply with an SMTP code to a recipient, or to all with `*`. */
  async refuse(recipient: string, code: number): Promise<void> {
    await fetch(`${this.url}/api/behavior`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ rcpt: { [recipient]: code } }),
    });
  }

  /** Makes the mail server accept everything again. */
  async accept(): Promise<void> {
    await fetch(`${this.url}/api/behavior`, { method: 'DELETE' });
  }
}
