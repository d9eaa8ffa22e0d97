import { counter, histogram } from '@rookery/observability';

/** Business metrics; counted after the commit. */
export const metrics = {
  created: counter({ name: 'stories_created_total', help: 'Stories published.', labels: ['visibility'] }),
  views: counter({
    name: 'story_views_total',
    help: 'First views of stories by users other than the author.',
  }),
  reactions: counter({ name: 'reactions_total', help: 'Reactions to stories.', labels: ['emoji'] }),
  expired: counter({ name: 'stories_expired_total', help: 'Stories that the worker marked as expired.' }),
  latency: histogram({
    name: 'worker_latency_seconds',
    help: 'Delay in seconds between the due time of a task of the worker and its completion, by task.',
    labels: ['work'],
    buckets: [0.1, 1, 5, 15, 30, 45, 60, 120, 300, 900, 3_600],
  }),
} as const;
