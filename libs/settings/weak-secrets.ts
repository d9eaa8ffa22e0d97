/** Minimum of distinct bytes that a random key of 32 bytes can be expected to have; patterns have far fewer. */
const MIN_DIFFERENT_BYTES = 17;
const MIN_PASSWORD_LENGTH = 16;
const MIN_DIFFERENT_CHARACTERS = 8;
const DEFAULT_PASSWORDS = new Set(['rookery', 'postgres', 'redis', 'password', 'changeme', 'admin']);

/** @returns whether these bytes are clearly not random: a text, a pattern, a sequence. */
export function isPredictable(bytes: Buffer): boolean {
  if (new Set(bytes).size < MIN_DIFFERENT_BYTES) return true;
  if (bytes.every((byte) => byte >= 0x20 && byte < 0x7f)) return true;
  const step = (bytes[1]! - bytes[0]!) & 0xff;
  return bytes.every((byte, index) => index === 0 || ((byte - bytes[index - 1]!) & 0xff) === step);
}

/** @returns what is weak about a machine password; undefined if nothing is. */
export function weaknessOf(password: string): string | undefined {
  if (password.length < MIN_PASSWORD_LENGTH) return `has fewer than ${MIN_PASSWORD_LENGTH} characters`;
  if (new Set(password).size < MIN_DIFFERENT_CHARACTERS)
    return `has fewer than ${MIN_DIFFERENT_CHARACTERS} different characters`;
  return undefined;
}

/**
 * For {@link Setting.production} of an address of a server.
 *
 * @returns an objection if the password is a well-known default, or the user name; undefined otherwise
 */
export function refuseDefaultPassword(text: string): string | undefined {
  if (text === '') return undefined;
  const url = new URL(text);
  const user = decoded(url.username);
  const passwords = [decoded(url.password), ...url.searchParams.getAll('password')];
  const known = passwords.some(
    (password) => password !== '' && (password === user || DEFAULT_PASSWORDS.has(password.toLowerCase())),
  );
  return known
    ? 'contains a default password; generate a password, set it on that server and use it here (`openssl rand -hex 24`)'
    : undefined;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
