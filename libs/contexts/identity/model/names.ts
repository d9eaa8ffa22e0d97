/** Pattern of a username. */
export const USERNAME = { min: 3, max: 30, pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/ };

/** Maximum length of a name. */
export const NAME = { max: 100 };

/** Length of a bio. */
export const BIO = { min: 0, max: 300 };
