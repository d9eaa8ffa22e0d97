import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Settings of feeds. */
export class FeedSettings extends defineSettings('Feed', {
  fanOutLimit: setting('FEED_FAN_OUT_LIMIT', z.coerce.number().int().min(0), {
    doc: 'Maximum followers of an author for fan-out on write; posts of authors with more followers are merged on read.',
    default: '10000',
  }),
}) {}
