import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Maximum days that `GET /v1/me/stats` looks back. The data that it counts is kept at least as long. */
export const STATS_MAX_DAYS = 30;

/** Settings of stories. */
export class StorySettings extends defineSettings('Stories', {
  ttlSeconds: setting('STORY_TTL_SECONDS', z.coerce.number().int().min(1).max(31_536_000), {
    doc: 'Seconds after which a story expires. A change does not affect stories that are already published.',
    default: '86400',
  }),
  retentionDays: setting('STORY_RETENTION_DAYS', z.coerce.number().int().min(STATS_MAX_DAYS).max(3_650), {
    doc: 'Days after its deletion until a story is removed from the database, with its views, reactions and replies.',
    default: '90',
  }),
  fanOutLimit: setting('STORY_FAN_OUT_LIMIT', z.coerce.number().int().min(0).max(50_000), {
    doc: 'Maximum followers of an author for fan-out on write; stories of authors with more followers are merged into feeds on read.',
    default: '10000',
  }),
}) {}
