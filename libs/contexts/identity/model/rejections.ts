import { defineRejection } from '@rookery/domain';

export const UsernameTaken = defineRejection(
  'identity.username-taken',
  'conflict',
  'Somebody else has this username.',
  'Choose another username.',
  'This username is taken',
);

export const PasswordWeak = defineRejection(
  'identity.password-weak',
  'invalid',
  'This password is easy to guess.',
  'Choose one that is not among the common ones and does not contain your e-mail address or username.',
  'This password is too weak',
);

export const CodeInvalid = defineRejection(
  'identity.code-invalid',
  'invalid',
  'This code is wrong, or was used already.',
  'From a mail: type the six digits of the latest one; after five wrong ones the code expires. From an authenticator app: wait for its next code, and see that the clock of the device is right.',
  'This code is not valid',
);

export const CodeExpired = defineRejection(
  'identity.code-expired',
  'gone',
  'There is no valid code for this e-mail address: it is older than 10 minutes, used up, or was never sent.',
  'Ask for a new one with POST /v1/auth/verify/resend. After a hundred wrong codes in a row only the link in the mail helps.',
  'This code has expired',
);

export const LinkExpired = defineRejection(
  'identity.link-expired',
  'gone',
  'This link was used already or is too old.',
  'Sign in, or ask for a new link with POST /v1/auth/verify/resend or POST /v1/auth/password/forgot.',
  'This link has expired',
);

export const BadCredentials = defineRejection(
  'identity.bad-credentials',
  'unauthenticated',
  'The e-mail address or the password is wrong.',
  'Check both. Which one is wrong is not told.',
  'Wrong e-mail address or password',
);

export const EmailUnverified = defineRejection(
  'identity.email-unverified',
  'forbidden',
  'The e-mail address of this account is not verified yet.',
  'Use the code or the link in the mail, or ask for another with POST /v1/auth/verify/resend.',
  'E-mail address not verified',
);

export const AccountGone = defineRejection(
  'identity.account-gone',
  'unauthenticated',
  'The account of this token does not exist any more.',
  'Sign in with another account.',
  'This account is gone',
);

export const RefreshInvalid = defineRejection(
  'identity.refresh-invalid',
  'unauthenticated',
  'This refresh token is not valid: its session has ended, or it never was one.',
  'Sign in again.',
  'Refresh token not valid',
);

export const RefreshTokenReused = defineRejection(
  'identity.refresh-reused',
  'unauthenticated',
  'This refresh token was replaced before. Somebody may have a copy of it, so the session was ended.',
  'Sign in again. If it was not you, change the password.',
  'Refresh token used twice',
);

export const PasswordWrong = defineRejection(
  'identity.password-wrong',
  'invalid',
  'This is not your present password.',
  'Type the password that you sign in with, or reset it with POST /v1/auth/password/forgot.',
  'Wrong password',
);

export const Locked = defineRejection(
  'identity.locked',
  'locked',
  'Ten wrong passwords were given for this e-mail address within 15 minutes: it is locked for 15 minutes.',
  'Wait for the seconds in Retry-After, or reset the password with POST /v1/auth/password/forgot.',
  'Sign-in is locked',
);

export const RoleUnknown = defineRejection(
  'identity.role-unknown',
  'invalid',
  'There is no such role.',
  'Use user, moderator or admin.',
  'Unknown role',
);

export const LastAdmin = defineRejection(
  'identity.last-admin',
  'invalid',
  'This is the last admin: nobody would be left to give roles.',
  'Make somebody else an admin first.',
  'The last admin must stay one',
);

export const InterestsRepeated = defineRejection(
  'identity.interests-repeated',
  'invalid',
  'An interest comes twice; capitals and spaces around it make no difference.',
  'Name each interest once.',
  'An interest comes twice',
);

export const LanguageUnknown = defineRejection(
  'identity.language-unknown',
  'invalid',
  'There is no such language.',
  'Use a language tag such as en, de-AT or pt-BR (BCP 47).',
  'Unknown language',
);

export const CodeLocked = defineRejection(
  'identity.code-locked',
  'locked',
  'A hundred wrong codes came one after the other, so codes of the authenticator app do not count for now.',
  'Use a recovery code; with it codes of the app count again.',
  'Codes of the app are locked',
);

export const TotpEnrolled = defineRejection(
  'identity.totp-enrolled',
  'conflict',
  'This account has an authenticator app already.',
  'To change it, remove the present one with DELETE /v1/auth/totp first.',
  'Authenticator app already enrolled',
);

export const TotpNotInitiated = defineRejection(
  'identity.totp-not-initiated',
  'conflict',
  'There is no authenticator app that waits for its first code.',
  'Ask for a secret with POST /v1/auth/totp/initiate.',
  'No authenticator app to enrol',
);

export const TotpNotEnrolled = defineRejection(
  'identity.totp-not-enrolled',
  'conflict',
  'This account has no authenticator app.',
  'Enrol one with POST /v1/auth/totp/initiate, or prove the password instead of a code.',
  'No authenticator app enrolled',
);

export const SecondFactorNeeded = defineRejection(
  'identity.second-factor-needed',
  'forbidden',
  'This account has a second factor: the password alone proves nothing.',
  'Send a code of the authenticator app, or a recovery code.',
  'A second factor is needed',
);

export const ProofsExhausted = defineRejection(
  'identity.proofs-exhausted',
  'locked',
  'Ten wrong passwords or codes came from this session, so it can prove nothing any more.',
  'Sign in again.',
  'Too many wrong proofs',
);

export const ScopeNotHeld = defineRejection(
  'identity.scope-not-held',
  'invalid',
  'A key cannot be given a permission that you do not have.',
  'Scopes are read, write, and permissions of your role.',
  'Permission not yours to give',
);

export const TooManyApiKeys = defineRejection(
  'identity.too-many-api-keys',
  'conflict',
  'You have as many API keys as a user may have.',
  'Revoke one that is not needed any more with DELETE /v1/me/api-keys/{id}.',
  'Too many API keys',
);

export const ExpiryOutOfRange = defineRejection(
  'identity.expiry-out-of-range',
  'invalid',
  'A key has to expire in the future, and within a year.',
  'Choose an earlier time, or leave it out: the key expires after a year then.',
  'A key ends within a year',
);

export const ExportExpired = defineRejection(
  'identity.export-expired',
  'gone',
  'This export is not kept any more.',
  'Ask for a new one with POST /v1/me/exports.',
  'This export has expired',
);
