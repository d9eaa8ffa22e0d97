import { type AccessRows, signedIn } from '@rookery/testing/access';
import { ownHighlight } from '../../testing';

export const access: AccessRows = { listHighlightStories: { ...signedIn, given: ownHighlight } };
