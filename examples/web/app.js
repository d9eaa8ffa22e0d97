/** Shows the page that the address names, and who is signed in. */
import { h, notify } from './dom.js';
import { textOfProblem } from './messages.js';
import { currentUser, onSessionChange, resume, signOut } from './session.js';
import * as views from './views.js';

const PUBLIC = { '/sign-up': views.signUp, '/sign-in': views.signInPage, '/verify': views.verify };
const PRIVATE = {
  '/feed': views.feed,
  '/explore': views.explore,
  '/live': views.live,
  '/blocked': views.blocked,
  '/settings': views.settings,
};
const OF_ONE = { users: views.profile, posts: views.post };
const main = document.getElementById('main');
const navigation = document.getElementById('navigation');
let shown = 0;

/** @returns what the address asks for: `#/users/0193…`, `#/verify?email=…` */
function route() {
  // Anybody can write a link with any hash.
  const { pathname, searchParams } = new URL(`/${location.hash.replace(/^#?\/*/, '')}`, location.origin);
  const query = Object.fromEntries(searchParams);
  const [, kind, id] = pathname.split('/');
  if (!currentUser()) return { view: viewAt(PUBLIC, pathname) ?? views.signInPage, query };
  if (id && Object.hasOwn(OF_ONE, kind)) return { view: OF_ONE[kind], query: { id } };
  return { view: viewAt(PRIVATE, pathname) ?? views.feed, query };
}

const viewAt = (pages, path) => (Object.hasOwn(pages, path) ? pages[path] : undefined);

async function show({ focus = true } = {}) {
  shown += 1;
  const turn = shown;
  const { view, query } = route();
  drawNavigation();
  main.setAttribute('aria-busy', 'true');
  let page;
  try {
    page = await view(query);
  } catch (problem) {
    const title = problem.status === 404 ? 'Not found' : 'That did not work';
    page = { title, body: [h('p', { role: 'alert' }, textOfProblem(problem))] };
  }
  // Meanwhile the user may have gone elsewhere.
  if (turn !== shown) return;
  main.removeAttribute('aria-busy');
  document.title = `${page.title} · Rookery`;
  main.replaceChildren(h('h1', {}, page.title), ...page.body.filter(Boolean));
  // A screen reader reads the new page; the keyboard goes on from its start.
  if (focus) main.focus();
}

function drawNavigation() {
  const user = currentUser();
  const link = (path, text) =>
    h('a', { href: `#${path}`, 'aria-current': location.hash === `#${path}` ? 'page' : undefined }, text);
  navigation.replaceChildren(
    ...(user
      ? [
          link('/feed', 'Feed'),
          link('/explore', 'Explore'),
          link('/live', 'Live'),
          link(`/users/${user.id}`, user.name),
          link('/blocked', 'Blocked'),
          h('button', { type: 'button', class: 'quiet', onclick: leave }, 'Sign out'),
        ]
      : [link('/sign-in', 'Sign in'), link('/sign-up', 'Sign up')]),
  );
}

function leave() {
  signOut().catch((problem) => notify(textOfProblem(problem)));
}

addEventListener('hashchange', () => {
  notify('');
  void show();
});
onSessionChange(() => {
  notify('');
  // Nothing of the one who was signed in stays on the page.
  main.replaceChildren();
  const open = Object.keys(PUBLIC).some((path) => location.hash.startsWith(`#${path}`));
  if (currentUser() && open) location.hash = '/feed';
  else void show();
});

await resume();
await show({ focus: false });
