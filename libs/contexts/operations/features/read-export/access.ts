import { type AccessRows, ownerOnly } from '@rookery/testing/access';
import { ownExport } from '../../testing';

export const access: AccessRows = {
  getOperationResult: { ...ownerOnly, given: ownExport },
};
