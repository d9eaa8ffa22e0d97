import Handlebars from 'handlebars';

/** The content of a mail, rendered with its variables. */
export interface MailTemplate<Variables> {
  render(variables: Variables): { subject: string; text: string; html: string };
}

/** The parts of a mail, as Handlebars templates; HTML parts are escaped, text and subject are not. */
export interface MailSource {
  subject: string;
  /** Paragraphs of the text part. */
  text: string;
  /** Body of the HTML part; all mails share the layout around it. */
  html: string;
}

const layout = Handlebars.compile(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{subject}}</title></head>
<body style="margin:0;background:#f4f4f2;font-family:Helvetica,Arial,sans-serif;color:#222;line-height:1.5">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center" style="padding:32px 16px">
<table role="presentation" width="520" cellpadding="0" cellspacing="0" style="max-width:520px;background:#fff;border-radius:8px">
<tr><td style="padding:32px">{{{body}}}</td></tr>
</table>
<p style="font-size:12px;color:#777">Rookery</p>
</td></tr></table>
</body>
</html>
`);

/**
 * Declares a mail with an HTML and a text part.
 *
 * @throws Error if a template is malformed; rendering throws if a variable is missing
 */
export function defineMail<Variables extends object>(source: MailSource): MailTemplate<Variables> {
  const subject = Handlebars.compile(source.subject, { noEscape: true, strict: true });
  const text = Handlebars.compile(source.text, { noEscape: true, strict: true });
  const html = Handlebars.compile(source.html, { strict: true });
  return {
    render(variables) {
      const line = subject(variables).replace(/[\r\n]+/g, ' ');
      return { subject: line, text: text(variables), html: layout({ subject: line, body: html(variables) }) };
    },
  };
}
