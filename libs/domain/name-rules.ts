/**
 * Line breaks and other controls, and what shows nothing (a filler, a blank of Braille) or turns the direction of what
 * follows. What makes an emoji of a sign may stand behind one, and nowhere else.
 */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u2800]|[\p{Default_Ignorable_Code_Point}--[\ufe0e\ufe0f]]|(?<![\p{S}\p{P}\p{N}])[\ufe0e\ufe0f]/v;

const IPV4 = /\d{1,3}(?:\.\d{1,3}){3}/;

/**
 * `https://…`, `www.…`, and a word behind a dot (IDNA knows two dots) that stands behind anything, as in `example.com`:
 * labels of domains may also end with an emoji or a combining mark.
 */
const WEB_ADDRESS = /:\/\/|(?<![\p{L}\p{N}])www\.|[^\s.][.\u3002]\p{L}{2}/iu;

/**
 * Endings that mail programs take for a domain: those of countries, and the generic ones that are in wide use. They
 * leave a sign behind it out of the link.
 */
const DOMAIN = new RegExp(
  `^www\\.|\\.(?:[a-z]{2}|${'com net org edu gov mil int info biz name pro mobi app dev page site online shop store top xyz club link click live life news blog cloud tech space website web host icu vip win fun work email world today one zip mov'.replaceAll(' ', '|')})[._-]*$`,
  'i',
);

/** @returns whether a name would show as something else than one line of text in the order it was written. */
export function hasUnseenCharacters(name: string): boolean {
  return UNSEEN.test(name);
}

/** @returns whether programs might make a link of a part of a name; behind a full stop in a name stands a space. */
export function hasWebAddress(name: string): boolean {
  const plain = name.normalize('NFKC');
  return WEB_ADDRESS.test(plain) || IPV4.test(plain);
}

/** @returns whether mail programs might make a link of a username, which may have dots. */
export function isLikeDomain(username: string): boolean {
  return DOMAIN.test(username) || IPV4.test(username);
}
