/**
 * Line breaks and other control characters, invisible characters (fillers, the Braille blank) and direction overrides.
 * Emoji modifiers are allowed only directly after a symbol that they modify.
 */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u2800]|[\p{Default_Ignorable_Code_Point}--[\ufe0e\ufe0f]]|(?<![\p{S}\p{P}\p{N}])[\ufe0e\ufe0f]/v;

const IPV4 = /\d{1,3}(?:\.\d{1,3}){3}/;

/**
 * `https://…`, `www.…`, and a word after a dot (IDNA has two dots) that follows anything, as in `example.com`: domain
 * labels may also end with an emoji or a combining mark.
 */
const WEB_ADDRESS = /:\/\/|(?<![\p{L}\p{N}])www\.|[^\s.][.\u3002]\p{L}{2}/iu;

/**
 * Top-level domains that mail programs recognize: country codes, and the widely used generic ones. A symbol after the
 * domain is not part of the link.
 */
const DOMAIN = new RegExp(
  `^www\\.|\\.(?:[a-z]{2}|${'com net org edu gov mil int info biz name pro mobi app dev page site online shop store top xyz club link click live life news blog cloud tech space website web host icu vip win fun work email world today one zip mov'.replaceAll(' ', '|')})[._-]*$`,
  'i',
);

/**
 * @returns whether a name contains characters that prevent its display as one line of text in the order it was written.
 */
export function hasUnseenCharacters(name: string): boolean {
  return UNSEEN.test(name);
}

/**
 * @returns whether programs can turn a part of a name into a link; a period in a name must be followed by a space.
 */
export function hasWebAddress(name: string): boolean {
  const plain = name.normalize('NFKC');
  return WEB_ADDRESS.test(plain) || IPV4.test(plain);
}

/** @returns whether mail programs can turn a username, which can have dots, into a link. */
export function isLikeDomain(username: string): boolean {
  return DOMAIN.test(username) || IPV4.test(username);
}
