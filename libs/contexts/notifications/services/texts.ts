import { MAIL_LANGUAGES, type MailLanguage } from '@rookery/mail';
import { type KindName, kindOf } from '../model/kinds';
import type { NotificationView } from '../views/inbox';

/** A sentence in every language, without the period. */
export type Texts = Record<MailLanguage, string>;

/** The variables of a sentence. */
interface Told {
  /** Who did it: `Ada Lovelace and 2 more`. */
  who: string;
  /** Name or title of the target. */
  title: string;
}

type Sentence = (told: Told) => string;

const SENTENCES: Record<KindName, Record<MailLanguage, Sentence>> = {
  follow: {
    en: ({ who }) => `${who} started following you`,
    de: ({ who }) => `${who}: folgt Ihnen jetzt`,
  },
  like: {
    en: ({ who, title }) => `${who} liked “${title}”`,
    de: ({ who, title }) => `${who}: Ihr Beitrag „${title}“ gefällt`,
  },
  comment: {
    en: ({ who, title }) => `${who} commented on “${title}”`,
    de: ({ who, title }) => `${who}: Kommentar zu „${title}“`,
  },
  storyReaction: {
    en: ({ who }) => `${who} reacted to your story`,
    de: ({ who }) => `${who}: Reaktion auf Ihre Story`,
  },
  storyReply: {
    en: ({ who }) => `${who} replied to your story`,
    de: ({ who }) => `${who}: Antwort auf Ihre Story`,
  },
  taleReady: {
    en: ({ title }) => `Your story is ready: “${title}”`,
    de: ({ title }) => `Ihre Geschichte ist fertig: „${title}“`,
  },
  taleFailed: {
    en: () => 'A story could not be written for you',
    de: () => 'Eine Geschichte für Sie konnte nicht geschrieben werden',
  },
  workspaceInvite: {
    en: ({ who, title }) => `${who} invited you to “${title}”`,
    de: ({ who, title }) => `${who}: Einladung in „${title}“`,
  },
  workspaceAdded: {
    en: ({ who, title }) => `${who} added you to “${title}”`,
    de: ({ who, title }) => `${who} hat Sie zu „${title}“ hinzugefügt`,
  },
  workspaceRemoved: {
    en: ({ who }) => `${who} removed you from a workspace`,
    de: ({ who }) => `${who} hat Sie aus einem Arbeitsbereich entfernt`,
  },
  workspaceRole: {
    en: ({ title }) => `Your role in “${title}” was changed`,
    de: ({ title }) => `Ihre Rolle in „${title}“ wurde geändert`,
  },
  todoAssigned: {
    en: ({ who, title }) => `${who} assigned “${title}” to you`,
    de: ({ who, title }) => `${who} hat Ihnen „${title}“ zugewiesen`,
  },
  todosAssigned: {
    en: ({ who, title }) => `${who} assigned many todos in “${title}” to you`,
    de: ({ who, title }) => `${who} hat Ihnen viele Aufgaben in „${title}“ zugewiesen`,
  },
  todoMention: {
    en: ({ who, title }) => `${who} mentioned you in a comment on “${title}”`,
    de: ({ who, title }) => `${who} hat Sie in einem Kommentar zu „${title}“ erwähnt`,
  },
  todoDueSoon: {
    en: ({ title }) => `“${title}” is due within a day`,
    de: ({ title }) => `„${title}“ ist innerhalb eines Tages fällig`,
  },
  todoOverdue: {
    en: ({ title }) => `“${title}” is overdue`,
    de: ({ title }) => `„${title}“ ist überfällig`,
  },
  todosDue: {
    en: ({ title }) => `More todos in “${title}” are due`,
    de: ({ title }) => `Weitere Aufgaben in „${title}“ sind fällig`,
  },
  weeklyReport: {
    en: () => 'Your weekly report is ready',
    de: () => 'Der Bericht Ihrer Woche ist da',
  },
};

const MORE: Record<MailLanguage, (count: number) => string> = {
  en: (count) => ` and ${count} more`,
  de: (count) => ` und ${count} weitere`,
};

/** @returns a notification as a sentence, in every language */
export function textsOf({ kind, actors, actorsCount, target }: NotificationView): Texts {
  const [first] = actors;
  const title = ('title' in target ? target.title : 'name' in target ? target.name : null) ?? '…';
  const texts = MAIL_LANGUAGES.map((language) => {
    const others = actorsCount > 1 ? MORE[language](actorsCount - 1) : '';
    const told = { who: `${first?.name ?? '…'}${others}`, title };
    return [language, kindOf(kind) ? SENTENCES[kind as KindName][language](told) : ''];
  });
  return Object.fromEntries(texts) as Texts;
}
