import { type AccessRows, everybody } from '@rookery/testing/access';

export const access: AccessRows = {
  completeMfa: { ...everybody, given: () => ({ body: { mfaToken: 'unknown', code: '000000' } }) },
};
