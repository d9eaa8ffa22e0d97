import { type AccessRows, ownerOnly, signedIn } from '@rookery/testing/access';
import { ownCategory } from '../../testing';

export const access: AccessRows = {
  listCategories: signedIn,
  getCategory: { ...ownerOnly, given: ownCategory },
};
