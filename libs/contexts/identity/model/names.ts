/** What a username looks like. */
export const USERNAME = { min: 3, max: 30, pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/ };

/** How long a name may be. */
export const NAME = { max: 100 };
