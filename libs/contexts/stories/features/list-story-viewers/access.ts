import { type AccessRows, ownerOnly } from '@rookery/testing/access';
import { ownStory } from '../../testing';

export const access: AccessRows = { listStoryViewers: { ...ownerOnly, given: ownStory } };
