import { defineMail } from '.';

const greeting = defineMail<{ name: string; link: string }>({
  subject: 'Hello {{name}}',
  text: 'Hello {{name}}, see {{link}}',
  html: '<p>Hello {{name}}, <a href="{{link}}">see</a></p>',
});

describe('A mail template', () => {
  it('fills subject, text and HTML, and puts the HTML into the layout of all mail', () => {
    const { subject, text, html } = greeting.render({ name: 'Ada', link: 'https://example.com/a' });
    expect(subject).toBe('Hello Ada');
    expect(text).toBe('Hello Ada, see https://example.com/a');
    expect(html).toContain('<p>Hello Ada, <a href="https://example.com/a">see</a></p>');
    expect(html).toMatch(/^<!doctype html>[^]*<title>Hello Ada<\/title>[^]*<\/html>\n$/);
  });

  it('lets nobody write HTML with a name, and leaves the text as it was written', () => {
    const name = `<img src=x onerror="alert('1')">&`;
    const { text, html } = greeting.render({ name, link: '" onclick="steal()' });
    expect(html).not.toContain('<img');
    expect(html).not.toContain('" onclick="');
    expect(html).toContain('&lt;img src&#x3D;x onerror&#x3D;&quot;alert(&#x27;1&#x27;)&quot;&gt;&amp;');
    expect(text).toContain(name);
  });

  it.each(['\r\n', '\n', '\r', '\r\n\r\n'])(
    'keeps a subject on one line whatever is in the name (%j)',
    (end) => {
      const { subject } = greeting.render({ name: `Ada${end}Bcc: eve@example.com`, link: '' });
      expect(subject).toBe('Hello Ada Bcc: eve@example.com');
    },
  );

  it.each(['subject', 'text', 'html'])('refuses to be sent with a gap in its %s', (part) => {
    const mail = defineMail<object>({ subject: '', text: '', html: '', [part]: 'see {{link}}' });
    expect(() => mail.render({})).toThrow('"link" not defined');
  });
});
