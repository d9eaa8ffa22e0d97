import { createHash } from 'node:crypto';

const SCRIPT = `
const button = document.querySelector('button'), said = document.querySelector('p');
const token = new URLSearchParams(location.search).get('token') ?? '';
history.replaceState(null, '', location.pathname);
button.onclick = async () => {
  button.disabled = true;
  const answer = await fetch('/v1/users/activate/' + encodeURIComponent(token), { method: 'PUT' }).catch(() => undefined);
  const told = { 204: 'Your account is active. You can sign in now. If we asked you for a password by mail, set it first.', 404: 'This link is not valid.',
                 410: 'This link was used already or has expired.' };
  said.textContent = told[answer?.status] ?? 'That did not work. Please try again.';
  button.disabled = answer?.status in told;
};`;

const sha256 = createHash('sha256').update(SCRIPT).digest('base64');

/** Content-Security-Policy of the page: its own script and nothing else. */
export const POLICY = `default-src 'none'; script-src 'sha256-${sha256}'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'`;

export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Activate your account</title>
<style>body{font:18px/1.5 system-ui,sans-serif;max-width:26em;margin:20vh auto;padding:0 1em;color:#222}button{font:inherit;padding:.5em 1.2em}</style>
</head>
<body>
<h1>Rookery</h1>
<p>One click and your account is active.</p>
<button>Activate my account</button>
<script>${SCRIPT}</script>
</body>
</html>
`;
