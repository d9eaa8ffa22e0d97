import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mjml from 'mjml';

const SOURCE = `<mjml lang="LANGUAGE">
  <mj-head>
    <mj-title>SUBJECT</mj-title>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="1.5" color="#222222" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#f4f4f2" width="560px">
    <mj-section padding="32px 0 0" />
    <mj-section background-color="#ffffff" border-radius="8px">
      <mj-column><mj-text>BODY</mj-text></mj-column>
    </mj-section>
    <mj-section>
      <mj-column><mj-text align="center" font-size="12px" color="#777777">Rookery FOOTER</mj-text></mj-column>
    </mj-section>
  </mj-body>
</mjml>`;

const FOOTER = '{{#if footer}}<br />{{footer}}: <a href="{{unsubscribe}}">{{unsubscribe}}</a>{{/if}}';

/** @returns the layout of all mails as a Handlebars template, from MJML, which makes it work in the mail programs there are */
export async function compiledLayout(): Promise<string> {
  const { html, errors } = await mjml(SOURCE, { validationLevel: 'strict' });
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
  return html
    .replaceAll('LANGUAGE', '{{language}}')
    .replaceAll('SUBJECT', '{{subject}}')
    .replace('BODY', '{{{body}}}')
    .replace('FOOTER', FOOTER)
    .replace(/\n\s*/g, '\n')
    .trim();
}

if (process.argv[1]?.endsWith('mail-layout.mts')) {
  const file = join('libs', 'mail', 'layout.ts');
  const write = (text: string): void =>
    writeFileSync(
      file,
      `/** Compiled by \`node tools/mail-layout.mts\`: MJML takes a second and 100 MB to load, so processes do not load it. */\nexport const LAYOUT =\n  ${JSON.stringify(text)};\n`,
    );
  void compiledLayout().then(write);
}
