import type { EventOf } from '@rookery/domain';
import { defineMail, Mail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { RegistrationRepeated } from '../../events';
import { MailQuotas } from '../../storage/mail-quotas';

const alreadyRegisteredMail = defineMail<{ name: string }>({
  subject: 'You already have a Rookery account',
  text: `Hello {{name}},

somebody, perhaps you, tried to register with this address. It already has an account. Nothing was changed. If it was you, just sign in.
`,
  html: `<p>Hello {{name}},</p>
<p>somebody, perhaps you, tried to register with this address. It already has an account. Nothing was changed. If it was you, just sign in.</p>`,
});

const accountDeletedMail = defineMail<{ name: string }>({
  subject: 'Your Rookery account is being deleted',
  text: `Hello {{name}},

somebody, perhaps you, tried to register with this address. Its account was deleted, but is not erased yet. Until then, the address cannot be used again.
`,
  html: `<p>Hello {{name}},</p>
<p>somebody, perhaps you, tried to register with this address. Its account was deleted, but is not erased yet. Until then, the address cannot be used again.</p>`,
});

const accountMovedMail = defineMail<{ name: string }>({
  subject: 'This address had a Rookery account until lately',
  text: `Hello,

somebody, perhaps you, tried to register with this address. An account had it until lately and can take it back for three days. Until then, the address cannot be used for another account.
`,
  html: `<p>Hello,</p>
<p>somebody, perhaps you, tried to register with this address. An account had it until lately and can take it back for three days. Until then, the address cannot be used for another account.</p>`,
});

/** Notifies the owner of an account that somebody registered with the address. */
@Subscriber('identity.send-already-registered-mail', RegistrationRepeated, { queue: Queues.mail })
export class SendAlreadyRegisteredMail implements Handles<typeof RegistrationRepeated> {
  constructor(
    private readonly mail: Mail,
    private readonly quotas: MailQuotas,
    private readonly sql: Sql,
  ) {}

  async handle({ subject, sequence }: EventOf<typeof RegistrationRepeated>, { key }: Attempt): Promise<void> {
    const user = await this.sql.row<{ email: string; name: string; deleted: boolean; moved: boolean }>(
      `SELECT d.email, u.name, u.status = 'deleted' AS deleted, u.email <> d.email AS moved
       FROM identity.decoys d JOIN identity.users u ON u.id = d.user_id WHERE d.id = $1 AND d.version = $2`,
      [subject, sequence],
    );
    if (!user) return; // or a newer mail is on the way
    await this.quotas.admit(user.email, 'registration-repeated', key, sequence === 1);
    const kept = user.deleted ? accountDeletedMail : alreadyRegisteredMail;
    const mail = user.moved ? accountMovedMail : kept;
    await this.mail.send(user.email, mail, user, key);
  }
}
