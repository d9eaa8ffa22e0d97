import { defineContext } from '@rookery/application';
import { AccessTokens } from './access/access-tokens';
import { ApiKeys } from './access/api-keys';
import { BearerStrategy } from './access/bearer-strategy';
import { Keys } from './access/keys';
import { MfaTokens } from './access/mfa-tokens';
import { OwnTokens } from './access/own-tokens';
import { Passwords } from './access/passwords';
import { Proofs } from './access/proof';
import { RefreshTokens } from './access/refresh-token';
import { SessionWatch } from './access/session-watch';
import { SignIn } from './access/sign-in';
import { SigningKeys } from './access/signing-keys';
import { Totp } from './access/totp';
import { VerificationCodes } from './access/verification-codes';
import { VerificationSecrets } from './access/verification-secrets';
import { SeedAccounts } from './seed';
import { IdentitySettings } from './settings';
import { ActivationLinks } from './storage/activation-links';
import { Decoys, decoySchema } from './storage/decoys';
import { SecondFactors } from './storage/second-factors';
import { Sessions } from './storage/sessions';
import { Users, userSchema } from './storage/users';

/** Who somebody is: registration, verification, sign-in. */
export const identity = defineContext('identity', __dirname, {
  schemas: [userSchema, decoySchema],
  providers: [
    IdentitySettings,
    AccessTokens,
    ActivationLinks,
    ApiKeys,
    Decoys,
    Keys,
    MfaTokens,
    OwnTokens,
    Passwords,
    Proofs,
    RefreshTokens,
    SecondFactors,
    SessionWatch,
    Sessions,
    SignIn,
    SigningKeys,
    Totp,
    Users,
    VerificationCodes,
    VerificationSecrets,
  ],
  apiProviders: [BearerStrategy],
  seed: SeedAccounts,
});
