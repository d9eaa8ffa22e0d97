import { counter, histogram } from '@rookery/observability';

/** Business metrics; counted after the commit. */
export const metrics = {
  created: counter({ name: 'stories_created_total', help: 'Stories published.', labels: ['visibility'] }),
  views: counter({
    name: 'story_views_total',
    help: 'First views of stories by users other than the author.',
  }),
  reactions: counter({ name: 'reactions_total', help: 'Reactions to stories.', labels: ['emoji'] }),
  expired: counter({ name: 'stories_expired_total', help: 'Stories ended by the worker.' }),
  latency: histogram({
    name: 'worker_latency_seconds',
    help: 'Seconds from the moment at which work of the worker was due until it was done, by work.',
    labels: ['work'],
    buckets: [0.1, 1, 5, 15, 30, 45, 60, 120, 300, 900, 3_600],
  }),
} as const;
