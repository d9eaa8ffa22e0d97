import { defineRejection } from '@rookery/domain';

export const UsernameTaken = defineRejection(
  'identity.username-taken',
  'conflict',
  'Somebody else has this username.',
  'Choose another username.',
);

export const PasswordWeak = defineRejection(
  'identity.password-weak',
  'invalid',
  'This password is easy to guess.',
  'Choose one that is not among the common ones and does not contain your e-mail address or username.',
);

export const CodeInvalid = defineRejection(
  'identity.code-invalid',
  'invalid',
  'This is not the code that was sent.',
  'Type the six digits of the latest mail. After five wrong ones the code expires.',
);

export const CodeExpired = defineRejection(
  'identity.code-expired',
  'gone',
  'There is no valid code for this e-mail address: it is older than 10 minutes, used up, or was never sent.',
  'Ask for a new one with POST /v1/auth/verify/resend.',
);

export const LinkExpired = defineRejection(
  'identity.link-expired',
  'gone',
  'This link was used already or is older than 3 days.',
  'Sign in, or ask for a new link with POST /v1/auth/verify/resend.',
);

export const BadCredentials = defineRejection(
  'identity.bad-credentials',
  'unauthenticated',
  'The e-mail address or the password is wrong.',
  'Check both. Which one is wrong is not told.',
);

export const EmailUnverified = defineRejection(
  'identity.email-unverified',
  'forbidden',
  'The e-mail address of this account is not verified yet.',
  'Use the code or the link in the mail, or ask for another with POST /v1/auth/verify/resend.',
);

export const AccountGone = defineRejection(
  'identity.account-gone',
  'unauthenticated',
  'The account of this token does not exist any more.',
  'Sign in with another account.',
);

export const RefreshInvalid = defineRejection(
  'identity.refresh-invalid',
  'unauthenticated',
  'This refresh token is not valid: its session has ended, or it never was one.',
  'Sign in again.',
);

export const RefreshTokenReused = defineRejection(
  'identity.refresh-reused',
  'unauthenticated',
  'This refresh token was replaced before. Somebody may have a copy of it, so the session was ended.',
  'Sign in again. If it was not you, change the password.',
);

export const ExportExpired = defineRejection(
  'identity.export-expired',
  'gone',
  'This export is not kept any more.',
  'Ask for a new one with POST /v1/me/exports.',
);
