import type { HtmlPage } from '@rookery/web';
import { PASSWORD_LENGTH } from '../../model/password-policy';

const SCRIPT = `
const form = document.querySelector('form'), button = document.querySelector('button'), said = document.querySelector('p');
const token = new URLSearchParams(location.search).get('token') ?? '';
history.replaceState(null, '', location.pathname);
form.onsubmit = async (event) => {
  event.preventDefault();
  button.disabled = true;
  const answer = await fetch('/v1/auth/password/reset', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, password: form.password.value }),
  }).catch(() => undefined);
  const told = { 204: 'Your new password is set. You can sign in now.',
                 400: 'A password has ${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters.',
                 410: 'This link was used already or has expired. Please ask for a new one.',
                 422: 'Please choose another password. ' };
  const rules = answer?.status === 422 ? (await answer.json()).errors.map(({ message }) => message).join(' ') : '';
  said.textContent = (told[answer?.status] ?? 'That did not work. Please try again.') + rules;
  form.hidden = answer?.status === 204 || answer?.status === 410;
  button.disabled = false;
};`;

/** The page that the link in the mail opens. It removes the token from the address bar immediately. */
export const PAGE: HtmlPage = {
  title: 'Set a new password',
  body: `<h1>Rookery</h1>
<p>Choose a new password. You will be signed out everywhere.</p>
<form>
<label>New password <input type="password" name="password" autocomplete="new-password" required minlength="${PASSWORD_LENGTH.min}" maxlength="${PASSWORD_LENGTH.max}"></label>
<button>Set password</button>
</form>`,
  script: SCRIPT,
};
