import type { EventOf } from '@rookery/domain';
import { defineMail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { RegistrationRepeated } from '../../events';
import { UserMails } from '../../services/user-mails';
import { Decoys } from '../../storage/decoys';
import { MailQuotas } from '../../storage/mail-quotas';

const alreadyRegisteredMail = defineMail<{ name: string }>('already-registered', {
  transactional: true,
  sample: { name: 'Ada Lovelace' },
  en: {
    subject: 'You already have a Rookery account',
    body: [
      'Hello {{name}},',
      'somebody, perhaps you, tried to register with this address. It already has an account. Nothing was changed. If it was you, just sign in.',
    ],
  },
  de: {
    subject: 'Sie haben schon ein Konto bei Rookery',
    body: [
      'Guten Tag, {{name}},',
      'jemand, vielleicht Sie selbst, wollte sich mit dieser Adresse registrieren. Sie hat schon ein Konto. Es wurde nichts geändert. Wenn Sie es waren, melden Sie sich einfach an.',
    ],
  },
});

const accountDeletedMail = defineMail<{ name: string }>('account-deleted', {
  transactional: true,
  sample: { name: 'Ada Lovelace' },
  en: {
    subject: 'Your Rookery account is being deleted',
    body: [
      'Hello {{name}},',
      'somebody, perhaps you, tried to register with this address. Its account was deleted, but is not erased yet. Until then, the address cannot be used again.',
    ],
  },
  de: {
    subject: 'Ihr Konto bei Rookery wird gelöscht',
    body: [
      'Guten Tag, {{name}},',
      'jemand, vielleicht Sie selbst, wollte sich mit dieser Adresse registrieren. Ihr Konto wurde gelöscht, aber seine Daten sind noch nicht entfernt. Bis dahin kann die Adresse nicht wieder verwendet werden.',
    ],
  },
});

const accountMovedMail = defineMail<object>('account-moved', {
  transactional: true,
  sample: {},
  en: {
    subject: 'This address recently had a Rookery account',
    body: [
      'Hello,',
      'somebody, perhaps you, tried to register with this address. Another account used this address until recently and can get it back within three days. During this time, the address cannot be used for another account.',
    ],
  },
  de: {
    subject: 'Diese Adresse gehörte bis vor Kurzem zu einem Konto bei Rookery',
    body: [
      'Guten Tag,',
      'jemand, vielleicht Sie selbst, wollte sich mit dieser Adresse registrieren. Sie gehörte bis vor Kurzem zu einem Konto, das sie drei Tage lang zurückholen kann. Bis dahin kann sie für kein anderes Konto verwendet werden.',
    ],
  },
});

/**
 * Notifies the owner of an account that somebody registered with the address. If that fails permanently, the decoy is
 * canceled, like a pending account: otherwise only a known address would keep its registration.
 */
@Subscriber('identity.send-already-registered-mail', RegistrationRepeated, { queue: Queues.mail })
export class SendAlreadyRegisteredMail implements Handles<typeof RegistrationRepeated> {
  constructor(
    private readonly decoys: Decoys,
    private readonly mails: UserMails,
    private readonly quotas: MailQuotas,
    private readonly sql: Sql,
  ) {}

  async handle({ subject, sequence }: EventOf<typeof RegistrationRepeated>, { key }: Attempt): Promise<void> {
    const user = await this.sql.row<{
      id: string;
      email: string;
      name: string;
      deleted: boolean;
      moved: boolean;
    }>(
      `SELECT u.id, d.email, u.name, u.status = 'deleted' AS deleted, u.email <> d.email AS moved
       FROM identity.decoys d JOIN identity.users u ON u.id = d.user_id WHERE d.id = $1 AND d.version = $2`,
      [subject, sequence],
    );
    if (!user) return; // or a newer mail is about to be sent
    await this.quotas.admit(user.email, 'registration-repeated', key, sequence === 1);
    const kept = user.deleted ? accountDeletedMail : alreadyRegisteredMail;
    const mail = user.moved ? accountMovedMail : kept;
    await this.mails.send(user.id, user.email, mail, user, key);
  }

  async onDiscarded({ subject }: EventOf<typeof RegistrationRepeated>): Promise<void> {
    await this.decoys.removeAll([subject]);
  }
}
