import { defineRejection, defineRule, oneOfParam, Rules } from '@rookery/domain';

/** The rules of passwords, except their length. */
export const PasswordRules = {
  common: defineRule(
    'password-common',
    'It is a common password, or one with digits or symbols before or after it.',
  ),
  repetition: defineRule('password-repetition', 'It repeats the same characters.'),
  sequence: defineRule('password-sequence', 'It is a sequence of the keyboard or the alphabet.'),
  service: defineRule(
    'password-service',
    'It contains little more than the name of the service, or a word such as admin.',
  ),
  own: defineRule('password-own', 'It contains little more than a name or the e-mail address of its owner.', {
    contains: oneOfParam(['email', 'username', 'name'], 'What it contains.'),
  }),
} as const;

export const UsernameTaken = defineRejection(
  'identity.username-taken',
  'conflict',
  'Another user has this username.',
  'Choose another username.',
  'This username is taken',
  { path: 'username', rule: Rules.taken, params: {} },
);

export const PasswordWeak = defineRejection(
  'identity.password-weak',
  'invalid',
  'This password is easy to guess.',
  'Choose a password that is not common and does not contain your e-mail address or username. errors names each rule that it violates.',
  'This password is too weak',
  { path: 'password', rule: PasswordRules.common, params: {} },
);

export const CodeInvalid = defineRejection(
  'identity.code-invalid',
  'invalid',
  'This code is wrong or was already used.',
  'For a code from a mail, enter the six digits of the latest mail. It expires after five wrong codes. For an authenticator app, wait for its next code, and check the clock of the device.',
  'This code is not valid',
  { path: 'code', rule: Rules.wrong, params: {} },
);

export const CodeExpired = defineRejection(
  'identity.code-expired',
  'gone',
  'There is no valid code for this e-mail address: the code is older than 10 minutes, was used, or was never sent.',
  'Request a new code with POST /v1/auth/verify/resend, or for a new address with PUT /v1/me/email. After a hundred wrong codes in a row, only the link in the mail works.',
  'This code has expired',
);

export const LinkExpired = defineRejection(
  'identity.link-expired',
  'gone',
  'This link was already used or has expired.',
  'Sign in, or request a new link with POST /v1/auth/verify/resend or POST /v1/auth/password/forgot.',
  'This link has expired',
);

export const BadCredentials = defineRejection(
  'identity.bad-credentials',
  'unauthenticated',
  'The e-mail address or the password is wrong.',
  'Check both. The response does not say which one is wrong.',
  'Wrong e-mail address or password',
);

export const EmailUnverified = defineRejection(
  'identity.email-unverified',
  'forbidden',
  'The e-mail address of this account is not verified yet.',
  'Use the code or the link in the mail, or request a new one with POST /v1/auth/verify/resend.',
  'E-mail address not verified',
);

export const AccountGone = defineRejection(
  'identity.account-gone',
  'unauthenticated',
  'The account of this token no longer exists.',
  'Sign in with another account.',
  'Account no longer exists',
);

export const RefreshInvalid = defineRejection(
  'identity.refresh-invalid',
  'unauthenticated',
  'This refresh token is not valid: its session has ended, or the token never existed.',
  'Sign in again.',
  'Refresh token not valid',
);

export const RefreshTokenReused = defineRejection(
  'identity.refresh-reused',
  'unauthenticated',
  'This refresh token was already replaced. Somebody may have a copy of it, so the session was ended.',
  'Sign in again. If it was not you, change the password.',
  'Refresh token used twice',
);

export const OriginNotAllowed = defineRejection(
  'identity.origin-not-allowed',
  'forbidden',
  'The header Origin is not this API or one of the configured origins, whose pages can sign in with a cookie.',
  'Add the origin of the app to CORS_ORIGINS, exactly as the browser sends it. Clients other than browsers use tokenDelivery "body".',
  'Origin not allowed',
);

export const CsrfTokenInvalid = defineRejection(
  'identity.csrf-token-invalid',
  'forbidden',
  'The header X-CSRF-Token is missing, or belongs to a different session than the cookie, for example because another tab has signed in.',
  'Send the csrfToken of the sign-in, or get it again with POST /v1/auth/csrf-token.',
  'CSRF token not valid',
);

export const PasswordWrong = defineRejection(
  'identity.password-wrong',
  'invalid',
  'This is not your current password.',
  'Enter the password that you sign in with, or reset it with POST /v1/auth/password/forgot.',
  'Wrong password',
  { path: 'password', rule: Rules.wrong, params: {} },
);

export const Locked = defineRejection(
  'identity.locked',
  'locked',
  'Sign-in with this e-mail address is locked for 15 minutes, after ten wrong passwords within 15 minutes.',
  'Wait for the number of seconds in Retry-After, or reset the password with POST /v1/auth/password/forgot.',
  'Sign-in is locked',
);

export const RoleUnknown = defineRejection(
  'identity.role-unknown',
  'invalid',
  'This role does not exist.',
  'Use user, moderator or admin.',
  'Unknown role',
  { path: 'role', rule: Rules.oneOf, params: {} },
);

export const LastAdmin = defineRejection(
  'identity.last-admin',
  'invalid',
  'This user is the last admin. Without an admin, nobody could assign roles.',
  'Make somebody else an admin first.',
  'Last admin cannot be removed',
);

export const InterestsRepeated = defineRejection(
  'identity.interests-repeated',
  'invalid',
  'The list contains an interest twice. Case and surrounding spaces are ignored.',
  'List each interest once.',
  'Duplicate interest',
  { path: 'interests', rule: Rules.unique, params: {} },
);

export const LanguageUnknown = defineRejection(
  'identity.language-unknown',
  'invalid',
  'This language does not exist.',
  'Use a language tag such as en, de-AT or pt-BR (BCP 47).',
  'Unknown language',
  { path: 'language', rule: Rules.format, params: { format: 'language-tag' } },
);

export const TimeZoneUnknown = defineRejection(
  'identity.time-zone-unknown',
  'invalid',
  'This time zone does not exist.',
  'Use a name of the IANA time zone database, such as Europe/Berlin or UTC.',
  'Unknown time zone',
  { path: 'timeZone', rule: Rules.format, params: { format: 'time-zone' } },
);

export const CodeLocked = defineRejection(
  'identity.code-locked',
  'locked',
  'After a hundred wrong codes in a row, codes from the authenticator app are not accepted.',
  'Use a recovery code. After that, codes from the app are accepted again.',
  'App codes are locked',
);

export const TotpEnrolled = defineRejection(
  'identity.totp-enrolled',
  'conflict',
  'This account already has an authenticator app.',
  'To change it, remove the current one with DELETE /v1/auth/totp first.',
  'Authenticator app already enrolled',
);

export const TotpNotInitiated = defineRejection(
  'identity.totp-not-initiated',
  'conflict',
  'No authenticator app is waiting for its first code.',
  'Request a secret with POST /v1/auth/totp/initiate.',
  'No authenticator app to enroll',
);

export const TotpNotEnrolled = defineRejection(
  'identity.totp-not-enrolled',
  'conflict',
  'This account has no authenticator app.',
  'Enroll one with POST /v1/auth/totp/initiate, or send the password instead of a code.',
  'No authenticator app enrolled',
);

export const SecondFactorNeeded = defineRejection(
  'identity.second-factor-needed',
  'forbidden',
  'This account has a second factor: the password alone is not enough.',
  'Send a code from the authenticator app, or a recovery code.',
  'Second factor required',
);

export const ProofsExhausted = defineRejection(
  'identity.proofs-exhausted',
  'locked',
  'This session has sent ten wrong passwords or codes. It can no longer reauthenticate.',
  'Sign in again.',
  'Too many failed attempts',
);

const ScopeNotGranted = defineRule('not-granted', 'It is a permission that the caller does not have.');

export const ScopeNotHeld = defineRejection(
  'identity.scope-not-held',
  'invalid',
  'A key cannot have a permission that you do not have.',
  'Scopes are read, write, and permissions of your role.',
  'Permission not held',
  { path: 'scopes', rule: ScopeNotGranted, params: {} },
);

export const TooManyApiKeys = defineRejection(
  'identity.too-many-api-keys',
  'conflict',
  'You have reached the maximum number of API keys.',
  'Revoke a key that you no longer need with DELETE /v1/me/api-keys/{id}.',
  'Too many API keys',
);

export const ExpiryOutOfRange = defineRejection(
  'identity.expiry-out-of-range',
  'invalid',
  'A key must expire in the future, within a year.',
  'Choose a time within a year, or leave it out: the key then expires after a year.',
  'Expiry out of range',
  { path: 'expiresAt', rule: Rules.range, params: {} },
);
