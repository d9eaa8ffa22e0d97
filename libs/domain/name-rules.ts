/** Line breaks and other controls, and what shows nothing or turns the direction of what follows. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** `https://…`, `www.…`, a dot between two words as in `example.com` (IDNA knows two dots), and IPv4 addresses. */
const WEB_ADDRESS = /:\/\/|(?<![\p{L}\p{N}])www\.|[\p{L}\p{N}][.\u3002]\p{L}{2}|\d{1,3}(?:\.\d{1,3}){3}/iu;

/** Endings that mail programs take for a domain: those of countries, and the generic ones that are in wide use. */
const DOMAIN = new RegExp(
  `^www\\.|\\.(?:[a-z]{2}|${'com net org edu gov mil int info biz name pro mobi app dev page site online shop store top xyz club link click live life news blog cloud tech space website web host icu vip win fun work email world today one zip mov'.replaceAll(' ', '|')})$`,
  'i',
);

/** @returns whether a name would show as something else than one line of text in the order it was written. */
export function hasUnseenCharacters(name: string): boolean {
  return UNSEEN.test(name);
}

/** @returns whether programs might make a link of a part of a name; behind a full stop in a name stands a space. */
export function hasWebAddress(name: string): boolean {
  return WEB_ADDRESS.test(name.normalize('NFKC'));
}

/** @returns whether mail programs might make a link of a username, which may have dots. */
export function isLikeDomain(username: string): boolean {
  return DOMAIN.test(username);
}
