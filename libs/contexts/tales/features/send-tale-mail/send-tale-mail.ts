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

const english = defineMail<TaleMail>({
  subject: 'Your story is ready: {{title}}',
  text: `Hello {{name}},

your story is ready.

{{title}}

{{#each paragraphs}}{{this}}

{{/each}}`,
  html: `<p>Hello {{name}},</p>
<p>your story is ready.</p>
<h1 style="font-size:22px">{{title}}</h1>
{{#each paragraphs}}<p>{{this}}</p>
{{/each}}`,
});

const german = defineMail<TaleMail>({
  subject: 'Deine Geschichte ist fertig: {{title}}',
  text: `Hallo {{name}},

deine Geschichte ist fertig.

{{title}}

{{#each paragraphs}}{{this}}

{{/each}}`,
  html: `<p>Hallo {{name}},</p>
<p>deine Geschichte ist fertig.</p>
<h1 style="font-size:22px">{{title}}</h1>
{{#each paragraphs}}<p>{{this}}</p>
{{/each}}`,
});

/**
 * Second stage: mails a tale to the reader it was written for, in the language of the tale. A tale becomes ready once,
 * so there is one event and one delivery: it is mailed once, as far as SMTP permits, and a repetition after a crash has
 * the same Message-ID.
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
    const template = /^de\b/i.test(tale.language) ? german : english;
    const paragraphs = tale.content.split(/\n{2,}/);
    await this.mail.send(reader.email, template, { name: reader.name, title: tale.title, paragraphs }, key);
  }
}
