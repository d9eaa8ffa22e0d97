import { type AccessRows, signedIn } from '@rookery/testing/access';
import { bystander } from '@rookery/contexts/identity/testing';

export const access: AccessRows = { listUserStories: { ...signedIn, given: bystander } };
