import type { EventOf } from '@rookery/domain';
import { defineMail, Mail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { Recipients } from '../../../identity/contract';
import { TaleGenerated } from '../../contract';

interface TaleMail {
  name: string;
  title: string;
  paragraphs: string[];
}

const taleMail = defineMail<TaleMail>('tale-ready', {
  transactional: true,
  sample: {
    name: 'Ada Lovelace',
    title: 'The Smallest Festival',
    paragraphs: ['It was a mild day.', 'Then it rained.'],
  },
  en: {
    subject: 'Your story is ready: {{title}}',
    body: ['Hello {{name}},', 'your story is ready.', '{{title}}', { paragraphs: 'paragraphs' }],
  },
  de: {
    subject: 'Ihre Geschichte ist fertig: {{title}}',
    body: ['Guten Tag, {{name}},', 'Ihre Geschichte ist fertig.', '{{title}}', { paragraphs: 'paragraphs' }],
  },
});

/**
 * Second stage: mails a tale to its reader, in the language of the tale. A tale becomes ready only once, so there is
 * one event and one delivery. The mail is sent once, as far as SMTP permits; a repetition after a crash has the same
 * Message-ID.
 */
@Subscriber('tales.send-tale-mail', TaleGenerated, { queue: Queues.mail })
export class SendTaleMail implements Handles<typeof TaleGenerated> {
  constructor(
    private readonly mail: Mail,
    private readonly recipients: Recipients,
    private readonly sql: Sql,
  ) {}

  async handle({ subject }: EventOf<typeof TaleGenerated>, { key }: Attempt): Promise<void> {
    const tale = await this.sql.row<{ userId: string; language: string; title: string; content: string }>(
      `SELECT user_id AS "userId", language, title, content FROM tales.tales WHERE id = $1 AND status = 'ready'`,
      [subject],
    );
    if (!tale) return;
    const [reader] = await this.recipients.find([tale.userId]);
    if (!reader) return;
    const paragraphs = tale.content.split(/\n{2,}/);
    const variables = { name: reader.name, title: tale.title, paragraphs };
    await this.mail.send(reader.email, taleMail, variables, key, { language: tale.language });
  }
}
