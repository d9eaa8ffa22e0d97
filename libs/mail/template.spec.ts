import { compiledLayout } from '../../tools/mail-layout.mts';
import { defineMail, definedMails, MAIL_LANGUAGES, mailLanguage } from '.';
import { LAYOUT } from './layout';

const german = {
  subject: 'Guten Tag, {{name}}',
  body: ['Guten Tag, {{name}},', { label: 'Ansehen', link: '{{link}}' }],
};
const greeting = defineMail<{ name: string; link: string }>('test-greeting', {
  transactional: true,
  sample: { name: 'Ada', link: 'https://example.com' },
  en: {
    subject: 'Hello {{name}}',
    body: ['Hello {{name}},', { code: '123' }, { label: 'See', link: '{{link}}' }],
  },
  de: german,
});
const news = defineMail<{ items: string[] }>('test-news', {
  transactional: false,
  sample: { items: ['one'] },
  en: { subject: 'News', body: ['There is news:', { each: 'items', item: '{{this}}' }] },
  de: { subject: 'Neues', body: [{ each: 'items', item: '{{this}}' }] },
});

describe('A mail template', () => {
  it('renders subject, text and HTML from one source, with the common HTML layout', () => {
    const { subject, text, html } = greeting.render({ name: 'Ada', link: 'https://example.com/a' });
    expect(subject).toBe('Hello Ada');
    expect(text).toBe('Hello Ada,\n\nSee:\nhttps://example.com/a\n');
    expect(html).toContain('<p>Hello Ada,</p>');
    expect(html).toMatch(/<p style="[^"]+">123<\/p>/);
    expect(html).toMatch(/<a href="https:\/\/example\.com\/a" style="[^"]+">See<\/a>/);
    expect(html).toMatch(/^<!doctype html>[^]*<html lang="en"[^]*<title>Hello Ada<\/title>[^]*<\/html>$/);
  });

  it.each([
    ['de', 'de'],
    ['de-AT', 'de'],
    ['DE', 'de'],
    ['en-GB', 'en'],
    ['fr', 'en'],
    ['den', 'en'],
    [undefined, 'en'],
  ])('is written to who prefers %s in %s', (tag, language) => {
    expect(mailLanguage(tag)).toBe(language);
    const { html, subject } = greeting.render({ name: 'Ada', link: '' }, tag);
    expect(html).toContain(`<html lang="${language}"`);
    expect(subject).toBe(language === 'de' ? 'Guten Tag, Ada' : 'Hello Ada');
  });

  it('lets nobody write HTML with a name, and leaves the text as it was written', () => {
    const name = `<img src=x onerror="alert('1')">&`;
    const { text, html } = greeting.render({ name, link: '" onclick="steal()' });
    expect(html).not.toContain('<img');
    expect(html).not.toContain('" onclick="');
    expect(html).toContain('&lt;img src&#x3D;x onerror&#x3D;&quot;alert(&#x27;1&#x27;)&quot;&gt;&amp;');
    expect(text).toContain(name);
  });

  it.each([
    ['Sign in at evil.example', 'Sign in at evil.\u200cexample'],
    ['https://evil.example/a.b?c=d', 'https:\u200c//evil.\u200cexample/a.\u200cb?c=d'],
    ['www.xn--e1afmkfd.xn--p1ai', 'www.\u200cxn--e1afmkfd.\u200cxn--p1ai'],
    ['пример。рф', 'пример。\u200cрф'],
    ['at 10.30, version 1.2. And then', 'at 10.30, version 1.2. And then'],
    ['ada@example.com', 'ada@example.com'],
    ['EVIL.COM/x', 'EVIL.\u200cCOM/x'],
    ['//evil.com', '//evil.\u200ccom'],
    ['hxxp://evil.com', 'hxxp:\u200c//evil.\u200ccom'],
    ['http://127.1/x', 'http:\u200c//127.\u200c1/x'],
    ['10.0.0.1/x', '10.0.0.\u200c1/x'],
    ['evil．com evil｡com evil․com', 'evil．\u200ccom evil｡\u200ccom evil․\u200ccom'],
    ['i❤.example', 'i❤.\u200cexample'],
    ['cafe\u0301.example', 'cafe\u0301.\u200cexample'],
    ['evil.\u00adcom evil\u200b.com', 'evil.\u200c\u00adcom evil\u200b.\u200ccom'],
    ['evil_.com', 'evil_.\u200ccom'],
    ['evil.com/@x', 'evil.\u200ccom/@x'],
    ['https://evil.com/a@example.com', 'https:\u200c//evil.\u200ccom/a@example.\u200ccom'],
    ['evil.com|@example.com', 'evil.\u200ccom|@example.\u200ccom'],
  ])('shows %s in a name as no link', (name, shown) => {
    const { text, html } = greeting.render({ name, link: 'https://example.com/a' });
    expect(text).toBe(`Hello ${shown},\n\nSee:\nhttps://example.com/a\n`);
    expect(html).toContain('href="https://example.com/a"');
    expect(news.render({ items: [name] }).text).toContain(`- ${shown}\n`);
  });

  // Where each part is read again for each other one, a megabyte takes hours.
  it.each(['a.', '.', 'a', '1.', '1', 'a@', '://', 'a-', '。', '1-', 'a.1111111', 'https://evil.example/ '])(
    'reads a long text of %j once',
    (piece) => {
      const name = piece.repeat(1_000_000 / piece.length);
      expect(greeting.render({ name, link: '' }).text.length).toBeGreaterThan(name.length);
    },
  );

  it('fills in no template that a name contains', () => {
    const { text, html } = greeting.render({ name: '{{link}} {{{body}}}', link: 'secret' });
    expect(text).toContain('Hello {{link}} {{{body}}},');
    expect(html).toContain('{{link}} {{{body}}}');
  });

  it.each(['\r\n', '\n', '\r', '\r\n\r\n'])(
    'keeps a subject on one line whatever is in the name (%j)',
    (end) => {
      const { subject } = greeting.render({ name: `Ada${end}Bcc: eve@example.com`, link: '' });
      expect(subject).toBe('Hello Ada Bcc: eve@example.com');
    },
  );

  it('repeats a part for each item of a list', () => {
    const { text, html } = news.render({ items: ['a & b', 'c'] });
    expect(text).toBe('There is news:\n\n- a & b\n- c\n');
    expect(html).toContain('<ul><li>a &amp; b</li><li>c</li></ul>');
  });

  it('leaves no gap for a part whose condition is false', () => {
    const source = { subject: 'x', body: ['a', '{{#if more}}b{{/if}}', 'c'] };
    const mail = defineMail<{ more: boolean }>('test-condition', {
      transactional: true,
      sample: { more: true },
      en: source,
      de: source,
    });
    expect(mail.render({ more: true })).toMatchObject({ text: 'a\n\nb\n\nc\n' });
    const { text, html } = mail.render({ more: false });
    expect(text).toBe('a\n\nc\n');
    expect(html).toContain('<p>a</p>\n<p>c</p>');
  });

  it('leaves out a link without an address', () => {
    const { text, html } = greeting.render({ name: 'Ada', link: '' });
    expect(text).toBe('Hello Ada,\n');
    expect(html).not.toContain('<a ');
    expect(html).not.toContain('See');
  });

  it('names the page to unsubscribe on, if it has one', () => {
    const page = 'https://rookery.test/unsubscribe?token=a&b=c';
    const { text, html } = news.render({ items: [] }, 'de', page);
    expect(text).toContain(`Abbestellen: ${page}`);
    expect(html).toContain('href="https://rookery.test/unsubscribe?token&#x3D;a&amp;b&#x3D;c"');
    expect(news.render({ items: [] }).text).not.toContain('Unsubscribe');
  });

  it.each(['subject', 'body'])('rejects a missing variable in its %s', (part) => {
    const source = { subject: 'x', body: ['x'], [part]: part === 'body' ? ['see {{link}}'] : 'see {{link}}' };
    const mail = defineMail<object>(`test-gap-${part}`, {
      transactional: true,
      sample: {},
      en: source,
      de: source,
    });
    expect(() => mail.render({})).toThrow('"link" not defined');
  });

  it('has a name of its own, and every mail can be shown with its sample', () => {
    expect(() =>
      defineMail('test-news', { transactional: true, sample: {}, en: german, de: german }),
    ).toThrow('defined twice');
    expect(definedMails()).toContain(news);
    for (const language of MAIL_LANGUAGES)
      expect(greeting.render(greeting.sample, language).html).toContain('Ada');
  });
});

describe('The layout', () => {
  it('is what MJML makes of its source: `node tools/mail-layout.mts` writes it', async () => {
    expect(LAYOUT).toBe(await compiledLayout());
  });
});
