import { type AccessRows, signedIn } from '@rookery/testing/access';

export const access: AccessRows = { requestTale: signedIn };
