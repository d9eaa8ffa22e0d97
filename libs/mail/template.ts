import Handlebars from 'handlebars';
import { LAYOUT } from './layout';

/** The languages in which every mail is written. */
export const MAIL_LANGUAGES = ['en', 'de'] as const;
export type MailLanguage = (typeof MAIL_LANGUAGES)[number];

/**
 * A part of a mail, as a Handlebars template: a paragraph; a link with a label, shown as a button in HTML and left out
 * without a URL; a code, shown large in HTML and left out of the plain text, where a paragraph contains it; a part for
 * each item of a list; or a list of texts, each a paragraph.
 */
export type MailPart =
  | string
  | { label: string; link: string }
  | { code: string }
  | { each: string; item: string }
  | { paragraphs: string };

/** A mail in one language. HTML and plain text are rendered from the same parts. */
export interface MailSource {
  subject: string;
  body: readonly MailPart[];
}

/** A rendered mail. */
export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

/** A kind of mail, in every language. */
export interface MailTemplate<Variables> {
  /** kebab-case, for metrics and the preview. */
  readonly name: string;
  /**
   * Whether the recipient requested it or must be informed: a code, a link, a warning. Recipients can unsubscribe from
   * all other mails with one click.
   */
  readonly transactional: boolean;
  /** Variables for the preview. */
  readonly sample: Variables;
  /**
   * @param language tag (BCP 47) that the recipient prefers; English if there is no such mail
   * @param unsubscribe page to unsubscribe from this kind of mail; only if it is not transactional
   * @throws Error if a variable is missing
   */
  render(variables: Variables, language?: string, unsubscribe?: string): RenderedMail;
}

const FOOTER: Record<MailLanguage, string> = {
  en: 'You receive this mail because of your notification settings. Unsubscribe',
  de: 'Sie erhalten diese Mail, weil Ihre Einstellungen es so vorsehen. Abbestellen',
};

const layout = Handlebars.compile(LAYOUT, { strict: true });
const templates = new Map<string, MailTemplate<object>>();

/** @returns every declared mail, by name */
export function definedMails(): readonly MailTemplate<object>[] {
  return [...templates.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @returns the language of a mail for a recipient with a preferred language */
export function mailLanguage(tag = 'en'): MailLanguage {
  const [primary] = tag.toLowerCase().split('-');
  return MAIL_LANGUAGES.find((language) => language === primary) ?? 'en';
}

/** The definition of a mail, without its name. */
export type MailDefinition<Variables> = { transactional: boolean; sample: Variables } & Record<
  MailLanguage,
  MailSource
>;

/**
 * Declares a mail with an HTML and a text part in every language.
 *
 * @param name kebab-case, unique
 * @throws Error if the name is taken or a template is malformed; rendering throws if a variable is missing
 */
export function defineMail<Variables extends object>(
  name: string,
  { transactional, sample, ...sources }: MailDefinition<Variables>,
): MailTemplate<Variables> {
  if (templates.has(name)) throw new Error(`Mail ${name} is defined twice.`);
  const compiled = { en: compile(sources.en), de: compile(sources.de) };
  const template: MailTemplate<Variables> = {
    name,
    transactional,
    sample,
    render(variables, tag, unsubscribe) {
      const language = mailLanguage(tag);
      const { subject, text, html } = compiled[language];
      const line = subject(variables).replace(/[\r\n]+/g, ' ');
      const footer = unsubscribe === undefined ? '' : FOOTER[language];
      const link = unsubscribe ?? '';
      return {
        subject: line,
        text: `${text(variables)}\n${footer && `\n-- \n${footer}: ${link}\n`}`,
        html: layout({ subject: line, body: html(variables), language, footer, unsubscribe: link }),
      };
    },
  };
  templates.set(name, template);
  return template;
}

type Render = (variables: object) => string;

interface Parts {
  subject: Render;
  text: Render;
  html: Render;
}

function compile({ subject, body }: MailSource): Parts {
  const texts = body.flatMap((part) => textOf(part).map((text) => renderOf(part, text, true)));
  const htmls = body.map((part) => renderOf(part, htmlOf(part), false));
  return {
    subject: Handlebars.compile(subject, { noEscape: true, strict: true }),
    text: (variables) => without([''], texts, variables).join('\n\n'),
    html: (variables) => without(['', '<p></p>'], htmls, variables).join('\n'),
  };
}

/** Texts of other users must not become links: only link parts are filled in with unchanged URLs. */
function renderOf(part: MailPart, template: string, noEscape: boolean): Render {
  const render = Handlebars.compile<object>(template, { noEscape, strict: true });
  if (typeof part !== 'object' || !('link' in part))
    return (variables) => render(unlinked(variables) as object);
  const address = Handlebars.compile<object>(part.link, { noEscape: true, strict: true });
  return (variables) => (address(variables) === '' ? '' : render(variables));
}

/** Text that mail programs recognize as a single e-mail address. */
const MAIL_ADDRESS = /^[\p{L}\p{N}._+-]+@[\p{L}\p{N}.-]+$/u;
/**
 * The colon of `https://`, and a dot inside of a word, including characters that IDNA treats as dots. Linear time: each
 * word is scanned once.
 */
const LINK_MARK =
  /:(?=\/\/)|(?<=\S)[.\u2024\u3002\ufe52\uff0e\uff61](?=[^\s.\u2024\u3002\ufe52\uff0e\uff61]*\p{L})/gu;

/**
 * @returns the value with texts that mail programs do not turn into links: inserts an invisible character (U+200C) into
 *   every web address and host name. E-mail addresses do not change
 */
function unlinked(value: unknown): unknown {
  if (typeof value === 'string')
    return MAIL_ADDRESS.test(value) ? value : value.replace(LINK_MARK, '$&\u200c');
  if (Array.isArray(value)) return value.map(unlinked);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unlinked(each)]));
}

/** Avoids a gap for a part whose condition is false. */
function without(empty: readonly string[], parts: readonly Render[], variables: object): string[] {
  return parts.map((part) => part(variables).trimEnd()).filter((part) => !empty.includes(part));
}

function textOf(part: MailPart): string[] {
  if (typeof part === 'string') return [part];
  if ('code' in part) return [];
  if ('each' in part) return [`{{#each ${part.each}}}- ${part.item}\n{{/each}}`];
  if ('paragraphs' in part) return [`{{#each ${part.paragraphs}}}{{this}}\n\n{{/each}}`];
  return [`${part.label}:\n${part.link}`];
}

const STYLES = {
  code: 'font-size:32px;letter-spacing:6px;font-weight:bold;margin:16px 0',
  button:
    'display:inline-block;padding:10px 20px;border-radius:6px;background:#2b5c8a;color:#ffffff;text-decoration:none;font-weight:bold',
};

function htmlOf(part: MailPart): string {
  if (typeof part === 'string') return `<p>${part}</p>`;
  if ('code' in part) return `<p style="${STYLES.code}">${part.code}</p>`;
  if ('paragraphs' in part) return `{{#each ${part.paragraphs}}}<p>{{this}}</p>{{/each}}`;
  if ('each' in part) return `<ul>{{#each ${part.each}}}<li>${part.item}</li>{{/each}}</ul>`;
  return `<p><a href="${part.link}" style="${STYLES.button}">${part.label}</a></p>`;
}
