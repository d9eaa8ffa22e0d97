import { defineContext } from '@rookery/application';
import { AccessTokens } from './access/access-tokens';
import { BearerStrategy } from './access/bearer-strategy';
import { Keys } from './access/keys';
import { OwnTokens } from './access/own-tokens';
import { Passwords } from './access/passwords';
import { IdentityPersonalData } from './access/personal-data';
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
import { Operations, operationSchema } from './storage/operations';
import { Sessions } from './storage/sessions';
import { Users, userSchema } from './storage/users';

/** Who somebody is: registration, verification, sign-in. */
export const identity = defineContext('identity', __dirname, {
  schemas: [userSchema, decoySchema, operationSchema],
  providers: [
    IdentitySettings,
    AccessTokens,
    ActivationLinks,
    Decoys,
    Keys,
    Operations,
    OwnTokens,
    Passwords,
    RefreshTokens,
    SessionWatch,
    Sessions,
    SignIn,
    SigningKeys,
    Users,
    VerificationCodes,
    VerificationSecrets,
  ],
  apiProviders: [BearerStrategy],
  personalData: IdentityPersonalData,
  seed: SeedAccounts,
});
