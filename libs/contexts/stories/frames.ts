import { defineFrame } from '@rookery/realtime';
import { z } from 'zod';

export const ViewedFrame = defineFrame(
  'story.viewed',
  z.object({ storyId: z.uuid(), viewerId: z.uuid(), viewedAt: z.iso.datetime() }),
  { summary: 'Somebody viewed your story for the first time.' },
);

export const ReactedFrame = defineFrame(
  'story.reacted',
  z.object({ storyId: z.uuid(), userId: z.uuid(), emoji: z.string() }),
  { summary: 'Somebody reacted to your story.' },
);

export const RepliedFrame = defineFrame(
  'story.replied',
  z.object({ storyId: z.uuid(), replyId: z.uuid(), userId: z.uuid() }),
  { summary: 'Somebody replied to your story.' },
);

export const ExpiredFrame = defineFrame(
  'story.expired',
  z.object({ storyId: z.uuid(), highlighted: z.boolean() }),
  { summary: 'Your story has expired. It remains visible in the highlights that contain it, if any.' },
);
