import { type AccessRows, signedIn } from '@rookery/testing/access';
import { ownStory } from '../../testing';

export const access: AccessRows = { viewStory: { ...signedIn, given: ownStory } };
