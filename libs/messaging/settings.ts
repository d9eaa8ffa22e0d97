import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';
import { isTimeZone } from './slots';

const concurrency = z.coerce.number().int().min(1).max(1_000);

/** Concurrency of a worker. */
export class QueueSettings extends defineSettings('Queues', {
  critical: setting('QUEUE_CONCURRENCY_CRITICAL', concurrency, {
    doc: 'Number of jobs that a worker runs at once from each queue of class critical.',
    default: '6',
  }),
  default: setting('QUEUE_CONCURRENCY_DEFAULT', concurrency, {
    doc: 'Number of jobs that a worker runs at once from each queue of class default.',
    default: '3',
  }),
  low: setting('QUEUE_CONCURRENCY_LOW', concurrency, {
    doc: 'Number of jobs that a worker runs at once from each queue of class low.',
    default: '1',
  }),
}) {}

/** Time zone of the schedules. */
export class ScheduleSettings extends defineSettings('Schedules', {
  timeZone: setting(
    'SCHEDULE_TIME_ZONE',
    z.string().refine(isTimeZone, 'must be a time zone of the IANA database, such as Europe/Berlin'),
    {
      doc: 'IANA time zone of schedules that run at a time of day, such as pruning at night. Must be the same for all workers.',
      default: 'UTC',
    },
  ),
}) {}
