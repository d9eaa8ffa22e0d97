import { type AccessRows, ownerOnly } from '@rookery/testing/access';
import { ownHighlight } from '../../testing';

export const access: AccessRows = { deleteHighlight: { ...ownerOnly, given: ownHighlight } };
