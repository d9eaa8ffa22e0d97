/**
 * Makes an element. Texts become text nodes, never HTML: what users write cannot become a script.
 *
 * @param {string} tag
 * @param {Record<string, string | number | boolean | ((event: Event) => unknown) | undefined>} [attributes] a function is a listener: `onclick`; undefined and, unless it is `aria-`, `false` are left out
 * @param {...(Node | string | number | false | null | undefined | (Node | string)[])} children
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true && !name.startsWith('aria-')) element.setAttribute(name, '');
    else if (value !== undefined && (value !== false || name.startsWith('aria-')))
      element.setAttribute(name, String(value));
  }
  element.append(
    ...children.flat().filter((child) => child !== false && child !== null && child !== undefined),
  );
  return element;
}

/** Says something to everybody, also to those who do not see it. An empty text removes it. */
export function notify(text) {
  document.getElementById('notice').textContent = text;
}
