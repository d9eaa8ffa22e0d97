import { type AccessRows, ownerOnly } from '@rookery/testing/access';
import { ownNotification } from '../../testing';

export const access: AccessRows = { readNotification: { ...ownerOnly, given: ownNotification } };
