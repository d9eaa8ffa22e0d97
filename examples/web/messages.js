/**
 * What this app says about errors, in its own words: by `code` and `params`, which are stable, not by the texts of the
 * server. Another language is another file like this one. All codes are at `/problems/request.invalid` and `/problems`.
 */

const CONTAINED = { email: 'your e-mail address', username: 'your username', name: 'your name' };
const FORMATS = { email: 'an e-mail address, such as ada@example.com', 'date-time': 'a date and a time' };
const TYPES = { array: 'a list', boolean: 'yes or no', integer: 'a whole number', number: 'a number' };

/** Rules of fields: `errors[].code`. */
const RULES = {
  address: () => 'Leave out web addresses.',
  characters: () => 'Use ordinary characters only.',
  format: ({ format }) => `This must be ${FORMATS[format] ?? 'written differently'}.`,
  length: ({ min, max, unit }) => {
    if (min === max) return `Use exactly ${max} ${unit}.`;
    if (min > 1) return `Use ${min} to ${max} ${unit}.`;
    return `Use ${min > 0 ? 'at least one and ' : ''}at most ${max} ${unit}.`;
  },
  pattern: () => 'It has characters that are not allowed here.',
  required: () => 'Fill in this field.',
  taken: () => 'Somebody else has it. Choose another one.',
  type: ({ expected }) => `This must be ${TYPES[expected] ?? 'a text'}.`,
  unique: () => 'Each entry may be there only once.',
  wrong: () => 'This is not right. Check it and try again.',
  'password-common': () => 'Too many people use this password.',
  'password-own': ({ contains }) => `Do not build it from ${CONTAINED[contains]}.`,
  'password-repetition': () => 'Do not repeat the same characters.',
  'password-sequence': () => 'Do not use a row of the keyboard or of the alphabet.',
  'password-service': () => 'Do not build it from the name of this service.',
};

/** Problems as a whole: `code`. */
const PROBLEMS = {
  network: 'The server cannot be reached. Check your connection and try again.',
  'identity.bad-credentials': 'The e-mail address or the password is wrong.',
  'identity.email-unverified': 'Your e-mail address is not verified yet. Type the code from our mail first.',
  'identity.code-expired': 'This code has expired. Ask for a new one.',
  'identity.locked': 'Too many wrong passwords. Try again in a quarter of an hour.',
  'precondition.failed':
    'You have changed this in another tab or on another device. Reload the page to see it.',
  'rate.limited': 'That was too fast. Wait a moment and try again.',
  'resource.not-found': 'This does not exist, or it is not for you to see.',
};

/** @param {{ code: string, params: object, message: string }} error a rule may be newer than this file */
export const textOfError = ({ code, params, message }) => RULES[code]?.(params) ?? message;

/** @param {import('./http.js').Problem} problem */
export const textOfProblem = ({ code, message }) => PROBLEMS[code] ?? message;
