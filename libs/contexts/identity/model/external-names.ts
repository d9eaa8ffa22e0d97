import { hasUnseenCharacters, hasWebAddress, isLikeDomain } from '@rookery/domain';

const MAX_USERNAME_LENGTH = 30;
const MAX_NAME_LENGTH = 100;

/**
 * Usernames for a user who did not choose one here, best first.
 *
 * @param wish the name at the provider; e-mail addresses are not used, because usernames are public
 * @param random twelve hexadecimal digits, different for each call
 */
export function usernameCandidates(wish: string | undefined, random: () => string): string[] {
  const stem = wish === undefined || wish.includes('@') ? '' : clean(wish);
  const numbered = () => `${(stem || 'user').slice(0, MAX_USERNAME_LENGTH - 13)}-${random()}`;
  return [...(stem.length >= 3 ? [stem] : []), numbered(), numbered()];
}

/** @returns a display name: that at the provider on one line, unless it contains a web address; else the username. */
export function displayName(wish: string | undefined, username: string): string {
  const line = (wish ?? '')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\s]+/gu, ' ')
    .replace(/(?<=(?<![\p{L}\p{N}])\p{Lu}\.)(?=\p{Lu})/gu, ' ') // initials: J.R.R.Tolkien
    .trim();
  const short = Array.from(line).slice(0, MAX_NAME_LENGTH).join('').trim();
  return short === '' || hasUnseenCharacters(short) || hasWebAddress(short) ? username : short;
}

/**
 * Letters, digits, dot, underscore and hyphen, starting with a letter or digit, as registration requires; no domain.
 */
function clean(wish: string): string {
  const text = stemOf(wish);
  return isLikeDomain(text) ? text.replaceAll('.', '-').replace(/-+$/, '') : text;
}

function stemOf(wish: string): string {
  return wish
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, MAX_USERNAME_LENGTH)
    .replace(/-+$/, '');
}
