import type { Mail } from './mail-store.mts';

const STYLE = `
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.3rem; }
  table { width: 100%; border-collapse: collapse; }
  td, th { text-align: left; padding: .45rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
  td.date { white-space: nowrap; font-variant-numeric: tabular-nums; opacity: .75; }
  iframe { width: 100%; height: 32rem; border: 1px solid #8884; background: #fff; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #8884; padding: 1rem; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; } dd { margin: 0; }
`;

/** All mails, newest first. The page reloads itself, so that new mails appear. */
export function listPage(mails: Mail[]): string {
  const rows = mails.map(
    (mail) => `<tr>
      <td class="date">${escape(shortDate(mail.date))}</td>
      <td>${escape(mail.to.join(', '))}</td>
      <td><a href="/messages/${encodeURIComponent(mail.id)}">${escape(mail.subject || '(no subject)')}</a></td>
    </tr>`,
  );
  const table = `<table><thead><tr><th>Received</th><th>To</th><th>Subject</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
  const empty =
    '<p>No mail yet. All mail from the application is shown here; nothing leaves this machine.</p>';
  return page(
    'Mailbox',
    `<h1>Mailbox</h1>${mails.length ? table : empty}`,
    '<meta http-equiv="refresh" content="5">',
  );
}

/** One mail with both parts. */
export function mailPage(mail: Mail): string {
  const address = `/messages/${encodeURIComponent(mail.id)}`;
  const html = mail.html
    ? `<h2>HTML</h2><iframe sandbox="allow-popups allow-popups-to-escape-sandbox" src="${address}/html" title="HTML part"></iframe>`
    : '';
  const text = mail.text ? `<h2>Text</h2><pre>${escape(mail.text)}</pre>` : '';
  return page(
    mail.subject || '(no subject)',
    `<p><a href="/">All mails</a></p><h1>${escape(mail.subject || '(no subject)')}</h1>
    <dl><dt>From</dt><dd>${escape(mail.from)}</dd><dt>To</dt><dd>${escape(mail.to.join(', '))}</dd>
    <dt>Received</dt><dd>${escape(shortDate(mail.date))}</dd>
    <dt>Source</dt><dd><a href="/api/messages/${encodeURIComponent(mail.id)}/raw">raw</a></dd></dl>${html}${text}`,
  );
}

/** Only the HTML part, for the frame. Links open in a new tab, because the frame may not navigate. */
export function htmlPart(mail: Mail): string {
  return `<base target="_blank">${mail.html}`;
}

/** Text escaped for HTML, including attribute values. */
export function escape(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

function page(title: string, body: string, head = ''): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
  <title>${escape(title)}</title>${head}<style>${STYLE}</style></head><body>${body}</body></html>`;
}

function shortDate(date: string): string {
  return date.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
}
