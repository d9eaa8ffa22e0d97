import type { HtmlPage } from '@rookery/web';

const SCRIPT = `
const button = document.querySelector('button'), said = document.querySelector('p');
const token = new URLSearchParams(location.search).get('token') ?? '';
history.replaceState(null, '', location.pathname);
button.onclick = async () => {
  button.disabled = true;
  const answer = await fetch('/v1/auth/email/undo', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  }).catch(() => undefined);
  const told = { 204: 'Your account has this address again, and everybody is signed out. We have sent you a mail: choose a new password with its link.',
                 400: 'This link is not valid.',
                 404: 'This link is not valid.',
                 410: 'This link was used already or has expired.' };
  said.textContent = told[answer?.status] ?? 'That did not work. Please try again.';
  button.disabled = button.hidden = answer?.status in told;
};`;

/** The page that the link in the mail opens. It removes the token from the address bar immediately. */
export const PAGE: HtmlPage = {
  title: 'Keep your e-mail address',
  body: `<h1>Rookery</h1>
<p>Did you not change the e-mail address of your account? Then somebody else has used it. Keep your address: everybody is signed out, API keys are revoked, and the password no longer works. You get a mail with a link to choose a new one.</p>
<button>Keep my address</button>`,
  script: SCRIPT,
};
