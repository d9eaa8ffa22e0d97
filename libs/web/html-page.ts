import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color:#222;background:#fff}' +
  'code{background:#f2f2f2;padding:.1em .3em;border-radius:3px}td,th{text-align:left;padding:.2rem .8rem .2rem 0}' +
  'button{font:inherit;padding:.5rem 1rem}@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}' +
  'code{background:#333}a{color:#8bf}}';

/** A small self-contained page. */
export interface HtmlPage {
  title: string;
  /** HTML of the body; escape untrusted text with {@link escapeHtml}. */
  body: string;
  /** JavaScript to run at the end of the body. */
  script?: string;
}

/**
 * Sends a page. Its Content-Security-Policy allows exactly its own style and script, and requests of the script only to
 * this origin.
 */
export function sendPage(reply: FastifyReply, { title, body, script }: HtmlPage): void {
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(STYLE)}'`,
    ...(script === undefined ? [] : [`script-src '${hashOf(script)}'`, "connect-src 'self'"]),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  void reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', policy)
    .send(
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>` +
        `<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head>` +
        `<body>${body}${script === undefined ? '' : `<script>${script}</script>`}</body></html>`,
    );
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** @returns the text escaped for HTML, also for attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
