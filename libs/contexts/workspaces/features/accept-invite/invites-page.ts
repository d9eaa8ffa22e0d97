import type { HtmlPage } from '@rookery/web';

const SCRIPT = `
const form = document.querySelector('form'), said = document.querySelector('#said');
const token = new URLSearchParams(location.search).get('token') ?? '';
history.replaceState(null, '', location.pathname);
let mfaToken;
const ask = (path, body, access) => fetch('/v1/' + path, {
  method: 'POST',
  headers: { 'content-type': 'application/json', ...(access && { authorization: 'Bearer ' + access }) },
  body: JSON.stringify(body),
});
const signIn = async () => {
  const answer = mfaToken
    ? await ask('auth/mfa', { mfaToken, code: form.code.value })
    : await ask('auth/login', { email: form.email.value, password: form.password.value });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail ?? 'That did not work. Please try again.');
  if (!body.mfaRequired) return body;
  mfaToken = body.mfaToken;
  form.code.closest("p").hidden = false;
  throw new Error('Enter the code of your authenticator app.');
};
form.onsubmit = async (event) => {
  event.preventDefault();
  form.elements.accept.disabled = true;
  try {
    const { accessToken, refreshToken } = await signIn();
    mfaToken = undefined;
    const answer = await ask('invites/' + encodeURIComponent(token) + '/accept', {}, accessToken);
    await ask('auth/logout', { refreshToken }, accessToken);
    const told = { 200: 'You have joined the workspace.', 404: 'This invite is not for this account, or the link is not valid.',
                   410: 'This invite was used, revoked or replaced, or it has expired.' };
    said.textContent = told[answer.status] ?? 'That did not work. Please try again.';
    form.hidden = answer.status in told;
  } catch (error) {
    said.textContent = error.message;
  }
  form.elements.accept.disabled = false;
};`;

/** The page that the link in the mail opens. It removes the token from the address bar immediately. */
export const PAGE: HtmlPage = {
  title: 'Join a workspace',
  body: `<h1>Rookery</h1>
<p>You are invited to a workspace. To accept, sign in with the account that the mail was sent to. If you have no account, register with that address first.</p>
<form>
<p><label>E-mail <input type="email" name="email" autocomplete="username" required></label></p>
<p><label>Password <input type="password" name="password" autocomplete="current-password" required></label></p>
<p hidden><label>Code <input name="code" inputmode="numeric" autocomplete="one-time-code"></label></p>
<button name="accept">Accept</button>
</form>
<p id="said" role="status"></p>`,
  script: SCRIPT,
};
