import { type AccessRows, ownerOnly } from '@rookery/testing/access';
import { ownTale } from '../../testing';

export const access: AccessRows = { streamTale: { ...ownerOnly, given: ownTale } };
