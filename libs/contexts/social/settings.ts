import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** How feeds are kept. */
export class FeedSettings extends defineSettings('Feed', {
  fanOutLimit: setting('FEED_FAN_OUT_LIMIT', z.coerce.number().int().min(0), {
    doc: 'Most followers of an author for each of whom a post is written into the feed; with more, followers find it when they read.',
    default: '10000',
  }),
}) {}
