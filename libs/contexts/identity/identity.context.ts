import { defineContext } from '@rookery/application';
import { AccessTokens } from './access/access-tokens';
import { BearerStrategy } from './access/bearer-strategy';
import { Keys } from './access/keys';
import { OwnTokens } from './access/own-tokens';
import { Passwords } from './access/passwords';
import { RolePermissions } from './access/permissions';
import { RefreshTokens } from './access/refresh-token';
import { SessionWatch } from './access/session-watch';
import { SignIn } from './access/sign-in';
import { SigningKeys } from './access/signing-keys';
import { VerificationCodes } from './access/verification-codes';
import { VerificationSecrets } from './access/verification-secrets';
import { SeedAccounts } from './seed';
import { IdentitySettings } from './settings';
import { ActivationLinks } from './storage/activation-links';
import { Decoys, decoySchema } from './storage/decoys';
import { StoredPreferences, preferencesSchema } from './storage/preferences';
import { PublicUsers } from './storage/public-users';
import { Roles } from './storage/roles';
import { Sessions } from './storage/sessions';
import { Users, userSchema } from './storage/users';

/** Who somebody is: registration, verification, sign-in. */
export const identity = defineContext('identity', __dirname, {
  schemas: [userSchema, decoySchema, preferencesSchema],
  providers: [
    IdentitySettings,
    AccessTokens,
    ActivationLinks,
    Decoys,
    Keys,
    OwnTokens,
    Passwords,
    PublicUsers,
    RefreshTokens,
    RolePermissions,
    Roles,
    SessionWatch,
    Sessions,
    SignIn,
    SigningKeys,
    StoredPreferences,
    Users,
    VerificationCodes,
    VerificationSecrets,
  ],
  apiProviders: [BearerStrategy],
  seed: SeedAccounts,
});
