/** What a username looks like. */
export const USERNAME = { min: 3, max: 30, pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/ };

/** What a name looks like; one of spaces alone is none. */
export const NAME = { max: 100, trim: true };
