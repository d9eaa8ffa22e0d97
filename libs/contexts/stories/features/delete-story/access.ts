import { type AccessRows, ownerOr } from '@rookery/testing/access';
import { ownStory } from '../../testing';

export const access: AccessRows = { deleteStory: { ...ownerOr(), given: ownStory } };
