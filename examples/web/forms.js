/** Forms that show the errors of the server at their fields. */
import { h, notify } from './dom.js';
import { textOfError, textOfProblem } from './messages.js';

let forms = 0;

/**
 * @param {object} options
 * @param {{ name: string, label: string, type?: string, hint?: string, value?: string, autocomplete?: string, rows?: number, inputmode?: string }[]} options.fields
 *   `name` is the name of the field in the request, so that `errors[].path` finds it
 * @param {string} options.submit text of the button
 * @param {(values: Record<string, string>, key: string) => Promise<unknown>} options.onSubmit
 * @param {boolean} [options.clear] whether it is empty again afterwards
 */
export function form({ fields, submit, onSubmit, clear = false }) {
  forms += 1;
  const rows = fields.map((field) => row(field, `form-${forms}-${field.name}`));
  const summary = h('p', { class: 'error', role: 'alert' });
  const button = h('button', { type: 'submit' }, submit);
  let key = crypto.randomUUID();

  async function send(event) {
    event.preventDefault();
    // A double click is one request.
    if (button.disabled) return;
    show(rows, summary, []);
    notify('');
    button.disabled = true;
    element.setAttribute('aria-busy', 'true');
    try {
      await onSubmit(Object.fromEntries(rows.map(({ name, input }) => [name, input.value])), key);
      key = crypto.randomUUID();
      if (clear) element.reset();
    } catch (problem) {
      show(rows, summary, problem.errors ?? [], problem);
    } finally {
      button.disabled = false;
      element.removeAttribute('aria-busy');
    }
  }

  // The key belongs to what is typed: pressing the button again after a lost connection does not do it twice, and a
  // changed text is a new request. `novalidate`: the server knows all rules, and says them in one place.
  const element = h(
    'form',
    { novalidate: true, onsubmit: send, oninput: () => (key = crypto.randomUUID()) },
    rows.map(({ element: one }) => one),
    summary,
    button,
  );
  return element;
}

function row({ name, label, hint, rows, ...attributes }, id) {
  const input = h(rows ? 'textarea' : 'input', {
    id,
    name,
    ...(rows ? { rows } : { type: 'text' }),
    ...attributes,
    'aria-describedby': `${hint ? `${id}-hint ` : ''}${id}-error`,
  });
  if (attributes.value !== undefined) input.value = attributes.value;
  const error = h('p', { class: 'error', id: `${id}-error` });
  const element = h(
    'div',
    { class: 'field' },
    h('label', { for: id }, label),
    hint && h('p', { class: 'hint', id: `${id}-hint` }, hint),
    input,
    error,
  );
  return { name, input, error, element };
}

/** Shows each error at the field of its path (`tags.0` is of `tags`), and the rest above the button. */
function show(rows, summary, errors, problem) {
  const rest = new Set(errors);
  for (const { name, input, error } of rows) {
    const own = errors.filter(({ path }) => path === name || path.startsWith(`${name}.`));
    for (const each of own) rest.delete(each);
    error.textContent = [...new Set(own.map((each) => textOfError(each)))].join(' ');
    input.setAttribute('aria-invalid', String(own.length > 0));
  }
  const texts = [...rest].map((error) => textOfError(error));
  summary.textContent = problem && errors.length === 0 ? textOfProblem(problem) : texts.join(' ');
  rows.find(({ error }) => error.textContent)?.input.focus();
}
