/** The pages. Each returns `{ title, body }`, or throws a `Problem` that the router shows. */
import * as api from './api.js';
import { h, notify } from './dom.js';
import { form } from './forms.js';
import { textOfProblem } from './messages.js';
import { completeSignIn, signIn, verifyEmail } from './session.js';
import { frames, onFrame } from './realtime.js';

const EMAIL = { name: 'email', label: 'E-mail address', type: 'email', autocomplete: 'email' };
const CODE = { name: 'code', label: 'Code', inputmode: 'numeric', autocomplete: 'one-time-code' };
const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export function signUp() {
  const fields = [
    EMAIL,
    {
      name: 'username',
      label: 'Username',
      autocomplete: 'username',
      hint: 'Letters, digits, dot, underscore and hyphen.',
    },
    { name: 'name', label: 'Name', autocomplete: 'name' },
    {
      name: 'password',
      label: 'Password',
      type: 'password',
      autocomplete: 'new-password',
      hint: 'At least 12 characters.',
    },
  ];
  const submit = async (values, key) => {
    await api.register(values, key);
    goTo('/verify', { email: values.email });
  };
  return {
    title: 'Sign up',
    body: [
      form({ fields, submit: 'Sign up', onSubmit: submit }),
      h('p', {}, 'You have an account? ', h('a', { href: '#/sign-in' }, 'Sign in'), '.'),
    ],
  };
}

export function verify({ email = '' }) {
  const fields = [
    { ...EMAIL, value: email },
    { ...CODE, hint: 'Six digits. They are in the mail that we have sent to you.' },
  ];
  const again = h('button', { type: 'button', class: 'quiet', onclick: resend }, 'Send the mail again');
  async function resend() {
    const typed = document.querySelector('input[name=email]').value;
    await attempt(async () => {
      await api.resendVerification(typed);
      notify('If this address waits for a code, a new one is on its way.');
    });
  }
  return {
    title: 'Type the code from the mail',
    body: [
      form({ fields, submit: 'Verify', onSubmit: (values) => verifyEmail(values.email, values.code) }),
      again,
    ],
  };
}

export function signInPage({ email = '' }) {
  const fields = [
    { ...EMAIL, value: email, autocomplete: 'username' },
    { name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' },
  ];
  const place = h('div', {}, form({ fields, submit: 'Sign in', onSubmit: submit }));
  async function submit(values) {
    try {
      const challenge = await signIn(values.email, values.password);
      if (challenge) place.replaceChildren(secondFactor(challenge.mfaToken));
    } catch (problem) {
      if (problem.code === 'identity.email-unverified') goTo('/verify', { email: values.email });
      throw problem;
    }
  }
  return {
    title: 'Sign in',
    body: [place, h('p', {}, 'You are new? ', h('a', { href: '#/sign-up' }, 'Sign up'), '.')],
  };
}

function secondFactor(mfaToken) {
  const fields = [{ ...CODE, hint: 'From your authenticator app.' }];
  return form({ fields, submit: 'Sign in', onSubmit: ({ code }) => completeSignIn(mfaToken, code) });
}

export async function feed() {
  const posts = await listOf(api.getFeed, postCard, 'Nothing here yet. Follow somebody, or write something.');
  const fields = [
    { name: 'title', label: 'Title' },
    { name: 'content', label: 'Text', rows: 3 },
    { name: 'tags', label: 'Tags', hint: 'Separated by commas.' },
  ];
  const submit = async ({ title, content, tags }, key) => {
    const list = tags.split(',').flatMap((tag) => tag.trim() || []);
    posts.prepend(await api.createPost({ title, content, tags: list }, key));
    notify('Published.');
  };
  return {
    title: 'Your feed',
    body: [
      h(
        'details',
        {},
        h('summary', {}, 'Write a post'),
        form({ fields, submit: 'Publish', onSubmit: submit, clear: true }),
      ),
      posts.element,
    ],
  };
}

export async function explore() {
  const posts = await listOf(api.listPosts, postCard, 'Nobody has written anything yet.');
  const find = async ({ username }) => {
    const user = await api.findUser(username);
    if (user) goTo(`/users/${user.id}`);
    else notify(`There is no user ${username}.`);
  };
  return {
    title: 'Explore',
    body: [
      form({
        fields: [{ name: 'username', label: 'Find somebody by username' }],
        submit: 'Find',
        onSubmit: find,
      }),
      h('h2', {}, 'Latest posts'),
      posts.element,
    ],
  };
}

export async function post({ id }) {
  const [found, comments] = await Promise.all([
    api.getPost(id),
    listOf((cursor) => api.listComments(id, cursor), commentItem, 'No comments yet.'),
  ]);
  const submit = async (values, key) => {
    comments.append(await api.createComment(id, values, key));
    notify('Your comment is there.');
  };
  return {
    title: found.title,
    body: [
      postCard(found, { whole: true }),
      h('h2', {}, 'Comments'),
      comments.element,
      form({
        fields: [{ name: 'content', label: 'Your comment', rows: 2 }],
        submit: 'Comment',
        onSubmit: submit,
        clear: true,
      }),
    ],
  };
}

export async function profile({ id }) {
  const user = await api.getUser(id);
  // Who has blocked somebody sees nothing of them either: the list is a 404.
  const posts = user.relation?.blocking
    ? { element: h('p', { class: 'hint' }, 'You do not see posts of somebody you have blocked.') }
    : await listOf((cursor) => api.listUserPosts(id, cursor), postCard, 'No posts yet.');
  const followers = h('dd');
  const draw = () => (followers.textContent = user.counts.followers);
  draw();
  const number = (label, value) => h('div', {}, h('dt', {}, label), value);
  return {
    title: user.name,
    body: [
      h('p', { class: 'handle' }, `@${user.username}`, user.relation?.followedBy && ' · follows you'),
      user.bio && h('p', {}, user.bio),
      h(
        'dl',
        { class: 'counts' },
        number('Posts', h('dd', {}, user.counts.posts)),
        number('Followers', followers),
        number('Following', h('dd', {}, user.counts.following)),
      ),
      // There is no relation to oneself.
      user.relation ? actions(user, draw) : h('p', {}, h('a', { href: '#/settings' }, 'Edit your profile')),
      h('h2', {}, 'Posts'),
      posts.element,
    ],
  };
}

function actions(user, draw) {
  const { id, relation } = user;
  const follow = toggle('Follow', relation.following, async (on) => {
    await (on ? api.followUser(id) : api.unfollowUser(id));
    // The number on the server follows within moments.
    user.counts.followers += on ? 1 : -1;
    draw();
  });
  const block = h(
    'button',
    { type: 'button', class: 'quiet', onclick: flip },
    relation.blocking ? 'Unblock' : 'Block',
  );
  async function flip() {
    await attempt(async () => {
      await (relation.blocking ? api.unblockUser(id) : api.blockUser(id));
      // A block ends the follows and hides the posts: show the page anew.
      dispatchEvent(new Event('hashchange'));
      notify(`You have ${relation.blocking ? 'unblocked' : 'blocked'} ${user.name}.`);
    });
  }
  return h('div', { class: 'actions' }, !relation.blocking && follow, block);
}

export async function blocked() {
  // Somebody who has deleted their account or blocked you has no name here, but can be unblocked.
  const item = ({ id, username, name }) => {
    const who = name ?? 'Somebody';
    const element = h(
      'li',
      { class: 'person' },
      h('span', {}, username ? h('a', { href: `#/users/${id}` }, who) : who, username && ` @${username}`),
      h('button', { type: 'button', onclick: unblock, 'aria-label': `Unblock ${who}` }, 'Unblock'),
    );
    async function unblock() {
      await attempt(async () => {
        await api.unblockUser(id);
        element.remove();
        notify(`You have unblocked ${who}.`);
      });
    }
    return element;
  };
  const people = await listOf(api.listBlocked, item, 'You have blocked nobody.');
  return { title: 'Blocked people', body: [people.element] };
}

export async function settings() {
  const { data: me, etag } = await api.getMe();
  let version = etag;
  const fields = [
    { name: 'name', label: 'Name', value: me.name, autocomplete: 'name' },
    { name: 'bio', label: 'About you', value: me.bio ?? '', rows: 3, hint: 'At most 300 characters.' },
  ];
  const submit = async (values) => {
    // Only if nothing has changed since it was read: otherwise 412, and the user decides.
    ({ etag: version } = await api.updateMe(values, version));
    notify('Saved.');
  };
  return { title: 'Your profile', body: [form({ fields, submit: 'Save', onSubmit: submit })] };
}

function postCard(one, { whole = false } = {}) {
  const link = `#/posts/${one.id}`;
  const likes = h('span');
  // The number follows within moments; one's own like is there at once.
  const draw = () => (likes.textContent = counted(Math.max(one.likesCount, one.liked ? 1 : 0), 'like'));
  draw();
  const like = toggle('Like', one.liked, async (on) => {
    await (on ? api.likePost(one.id) : api.unlikePost(one.id));
    one.liked = on;
    one.likesCount += on ? 1 : -1;
    draw();
  });
  return h(
    whole ? 'article' : 'li',
    { class: 'card' },
    byline(one),
    !whole && h('h2', {}, h('a', { href: link }, one.title)),
    h('p', { class: 'text' }, one.content),
    one.tags.length > 0 &&
      h(
        'p',
        { class: 'tags' },
        one.tags.map((tag) => h('span', {}, tag)),
      ),
    h(
      'div',
      { class: 'actions' },
      like,
      likes,
      !whole && h('a', { href: link }, counted(one.commentsCount, 'comment')),
    ),
  );
}

const counted = (count, thing) => `${count} ${thing}${count === 1 ? '' : 's'}`;

function commentItem(comment) {
  return h('li', { class: 'card' }, byline(comment), h('p', { class: 'text' }, comment.content));
}

function byline({ author, createdAt }) {
  return h(
    'p',
    { class: 'byline' },
    h('a', { href: `#/users/${author.id}` }, author.name),
    ` @${author.username} · `,
    h('time', { datetime: createdAt }, when.format(new Date(createdAt))),
  );
}

/** Frames as they arrive. */
export function live() {
  const items = h('ul', { class: 'list', 'aria-live': 'polite' });
  const nothing = h('p', { class: 'hint' }, 'Nothing has happened since you opened this page.');
  const draw = () => {
    items.replaceChildren(...frames.map((frame) => frameItem(frame)));
    nothing.hidden = frames.length > 0;
  };
  let wasShown = false;
  const stop = onFrame(() => {
    if (wasShown && !items.isConnected) return stop();
    wasShown = items.isConnected;
    return draw();
  });
  draw();
  return { title: 'Live', body: [items, nothing] };
}

function frameItem({ type, occurredAt, payload }) {
  return h(
    'li',
    {},
    h('strong', {}, type),
    ' ',
    h('time', { datetime: occurredAt }, when.format(new Date(occurredAt))),
    h('pre', {}, JSON.stringify(payload, null, 2)),
  );
}

/** A button that is on or off. Its name stays the same: a screen reader says whether it is pressed. */
function toggle(name, initially, change) {
  let on = initially;
  const button = h('button', { type: 'button', class: 'toggle', 'aria-pressed': on, onclick: flip }, name);
  async function flip() {
    button.disabled = true;
    await attempt(async () => {
      await change(!on);
      on = !on;
      button.setAttribute('aria-pressed', String(on));
    });
    button.disabled = false;
  }
  return button;
}

/** The first page of a list, and a button for the next ones as long as there is a cursor. */
async function listOf(load, render, empty) {
  const items = h('ul', { class: 'list' });
  const nothing = h('p', { class: 'hint' }, empty);
  const more = h('button', { type: 'button', class: 'quiet', onclick: () => attempt(next) }, 'Show more');
  let cursor;
  async function next() {
    const { data, page } = await load(cursor);
    cursor = page.nextCursor;
    items.append(...data.map((entry) => render(entry)));
    more.hidden = cursor === null;
    nothing.hidden = items.childElementCount > 0 || cursor !== null;
  }
  await next();
  const add = (where) => (entry) => {
    nothing.hidden = true;
    items[where](render(entry));
  };
  return {
    element: h('div', {}, items, nothing, more),
    prepend: add('prepend'),
    append: add('append'),
  };
}

/** Does something outside of a form, and says what went wrong. */
async function attempt(work) {
  notify('');
  try {
    await work();
  } catch (problem) {
    notify(textOfProblem(problem));
  }
}

function goTo(path, query = {}) {
  const search = new URLSearchParams(query).toString();
  location.hash = search ? `${path}?${search}` : path;
}
