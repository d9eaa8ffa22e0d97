import { JwtService } from '@nestjs/jwt';
import { defineContext } from '@rookery/application';
import { KnownClients } from '@rookery/web';
import { AccessTokens } from './services/access-tokens';
import { Addresses } from './services/addresses';
import { ApiKeys } from './services/api-keys';
import { BearerStrategy } from './services/bearer-strategy';
import { BrowserSessions } from './services/browser-sessions';
import { ExternalTokens } from './services/external-tokens';
import { KeyPairs } from './services/key-pairs';
import { KeyRotation } from './services/key-rotation';
import { StoredKnownClients } from './services/known-clients';
import { OidcSettings } from './services/oidc-settings';
import { MfaTokens } from './services/mfa-tokens';
import { OwnAccounts } from './services/own-accounts';
import { OwnTokens } from './services/own-tokens';
import { PasswordProof } from './services/password-proof';
import { PasswordResets } from './services/password-resets';
import { Passwords } from './services/passwords';
import { IdentityPersonalData } from './personal-data';
import { RolePermissions } from './services/permissions';
import { Reauthentication } from './services/reauthentication';
import { RefreshTokens } from './services/refresh-token';
import { Registrations } from './services/registrations';
import { SessionCache } from './services/session-cache';
import { SignIn } from './services/sign-in';
import { SigningKeys } from './services/signing-keys';
import { Totp } from './services/totp';
import { UserMails } from './services/user-mails';
import { VerificationCodes } from './services/verification-codes';
import { VerificationSecrets } from './services/verification-secrets';
import { Accounts, HiddenProfiles } from './contract/accounts';
import { Avatars, UserAvatars } from './contract/avatars';
import { Profiles } from './contract/profiles';
import { Recipients } from './contract/recipients';
import { Readers } from './contract/readers';
import { keys } from './cli/keys';
import * as fixtures from './fixtures';
import { Keys } from './keys';
import { SeedAccounts } from './seed';
import { IdentitySettings } from './settings';
import { StoredAccounts } from './storage/accounts';
import { ActivationLinks } from './storage/activation-links';
import { CodeFailures } from './storage/code-failures';
import { Decoys, decoySchema } from './storage/decoys';
import { EmailChanges } from './storage/email-changes';
import { ExternalIdentities } from './storage/external-identities';
import { MailQuotas } from './storage/mail-quotas';
import { PasswordAttempts } from './storage/password-attempts';
import { PasswordResetLinks } from './storage/password-reset-links';
import { StoredPreferences, preferencesSchema } from './storage/preferences';
import { PublicUsers } from './storage/public-users';
import { StoredRecipients } from './storage/recipients';
import { StoredReaders } from './storage/readers';
import { Roles, synchronizePermissions } from './storage/roles';
import { SecondFactors } from './storage/second-factors';
import { Sessions } from './storage/sessions';
import { StoredUserAvatars } from './storage/user-avatars';
import { Users, userSchema } from './storage/users';

/** Accounts: registration, verification, sign-in, second factor. */
export const identity = defineContext('identity', __dirname, {
  tags: {
    Auth: 'Register, verify an e-mail address, sign in and out, refresh tokens, reset a password.',
    'Second factor': 'Authenticator apps, recovery codes and step-up authentication.',
    Sessions: 'List and end the sessions of your account.',
    'API keys': 'Keys for programs that act for you.',
    Account: 'Read, change, export and delete your account.',
    Users: 'Read and search users.',
  },
  permissions: { admin: ['users:role', 'users:sessions'] },
  requires: ['operations'],
  synchronize: synchronizePermissions,
  schemas: [userSchema, decoySchema, preferencesSchema],
  rootPaths: ['activate', 'reset', 'reset-password', 'undo-email-change'],
  providers: [
    IdentitySettings,
    AccessTokens,
    ActivationLinks,
    Addresses,
    BrowserSessions,
    CodeFailures,
    ApiKeys,
    Decoys,
    EmailChanges,
    ExternalIdentities,
    JwtService,
    KeyPairs,
    KeyRotation,
    Keys,
    StoredKnownClients,
    MailQuotas,
    MfaTokens,
    OwnAccounts,
    OwnTokens,
    PasswordAttempts,
    PasswordProof,
    PasswordResetLinks,
    PasswordResets,
    Passwords,
    PublicUsers,
    Reauthentication,
    RefreshTokens,
    Registrations,
    RolePermissions,
    Roles,
    SecondFactors,
    SessionCache,
    Sessions,
    SignIn,
    SigningKeys,
    StoredPreferences,
    Totp,
    Users,
    UserMails,
    VerificationCodes,
    VerificationSecrets,
  ],
  offers: [
    { provide: Accounts, useClass: StoredAccounts },
    { provide: UserAvatars, useClass: StoredUserAvatars },
    { provide: Recipients, useClass: StoredRecipients },
    { provide: KnownClients, useExisting: StoredKnownClients },
    { provide: Readers, useClass: StoredReaders },
  ],
  asks: [HiddenProfiles, Profiles, Avatars],
  apiProviders: [OidcSettings, ExternalTokens, BearerStrategy],
  personalData: IdentityPersonalData,
  seed: SeedAccounts,
  cli: { keys },
  fixtures,
});
