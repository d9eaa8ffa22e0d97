import { defineContext } from '@rookery/application';
import { KnownClients } from '@rookery/web';
import { AccessTokens } from './access/access-tokens';
import { ApiKeys } from './access/api-keys';
import { BearerStrategy } from './access/bearer-strategy';
import { ExternalTokens } from './access/external-tokens';
import { KeyPairs } from './access/key-pairs';
import { KeyRotation } from './access/key-rotation';
import { Keys } from './access/keys';
import { KnownNetworks } from './access/known-networks';
import { OidcSettings } from './access/oidc-settings';
import { MfaTokens } from './access/mfa-tokens';
import { OwnTokens } from './access/own-tokens';
import { PasswordProof } from './access/password-proof';
import { PasswordResets } from './access/password-resets';
import { Passwords } from './access/passwords';
import { IdentityPersonalData } from './personal-data';
import { RolePermissions } from './access/permissions';
import { Reauthentication } from './access/proof';
import { RefreshTokens } from './access/refresh-token';
import { Registrations } from './access/registrations';
import { SessionCache } from './access/session-watch';
import { SignIn } from './access/sign-in';
import { SigningKeys } from './access/signing-keys';
import { Totp } from './access/totp';
import { VerificationCodes } from './access/verification-codes';
import { VerificationSecrets } from './access/verification-secrets';
import { Accounts } from './contract';
import { enrol } from './fixtures';
import { SeedAccounts } from './seed';
import { IdentitySettings } from './settings';
import { StoredAccounts } from './storage/accounts';
import { ActivationLinks } from './storage/activation-links';
import { CodeFailures } from './storage/code-failures';
import { Decoys, decoySchema } from './storage/decoys';
import { ExternalIdentities } from './storage/external-identities';
import { MailQuotas } from './storage/mail-quotas';
import { Operations, operationSchema } from './storage/operations';
import { PasswordAttempts } from './storage/password-attempts';
import { PasswordResetLinks } from './storage/password-reset-links';
import { StoredPreferences, preferencesSchema } from './storage/preferences';
import { PublicUsers } from './storage/public-users';
import { Roles } from './storage/roles';
import { SecondFactors } from './storage/second-factors';
import { Sessions } from './storage/sessions';
import { Users, userSchema } from './storage/users';

/** Who somebody is: registration, verification, sign-in. */
export const identity = defineContext('identity', __dirname, {
  schemas: [userSchema, decoySchema, operationSchema, preferencesSchema],
  rootPaths: ['activate', 'reset', 'reset-password'],
  providers: [
    IdentitySettings,
    AccessTokens,
    ActivationLinks,
    CodeFailures,
    ApiKeys,
    Decoys,
    ExternalIdentities,
    KeyPairs,
    KeyRotation,
    Keys,
    KnownNetworks,
    MailQuotas,
    MfaTokens,
    Operations,
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
    VerificationCodes,
    VerificationSecrets,
  ],
  offers: [{ provide: Accounts, useClass: StoredAccounts }],
  apiProviders: [
    { provide: KnownClients, useExisting: KnownNetworks },
    OidcSettings,
    ExternalTokens,
    BearerStrategy,
  ],
  personalData: IdentityPersonalData,
  seed: SeedAccounts,
  fixtures: { enrol },
});
