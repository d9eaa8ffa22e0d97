import { type AccessRows, adminOnly } from '@rookery/testing/access';
import { suppressedAddress } from '../../testing';

export const access: AccessRows = { removeMailSuppression: { ...adminOnly, given: suppressedAddress } };
