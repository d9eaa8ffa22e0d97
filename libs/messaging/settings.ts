import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';
import { isTimeZone } from './slots';

const concurrency = z.coerce.number().int().min(1).max(1_000);

/** Concurrency of a worker. */
export class QueueSettings extends defineSettings('Queues', {
  critical: setting('QUEUE_CONCURRENCY_CRITICAL', concurrency, {
    doc: 'Jobs one worker runs at once from each queue of class critical.',
    default: '6',
  }),
  default: setting('QUEUE_CONCURRENCY_DEFAULT', concurrency, {
    doc: 'Jobs one worker runs at once from each queue of class default.',
    default: '3',
  }),
  low: setting('QUEUE_CONCURRENCY_LOW', concurrency, {
    doc: 'Jobs one worker runs at once from each queue of class low.',
    default: '1',
  }),
}) {}

/** Where it is night when work is done at night. */
export class ScheduleSettings extends defineSettings('Schedules', {
  timeZone: setting(
    'SCHEDULE_TIME_ZONE',
    z.string().refine(isTimeZone, 'must be a time zone of the IANA database, such as Europe/Berlin'),
    {
      doc: 'Time zone of what is done at a time of day, such as pruning at night: one of the IANA database. Alike for all workers.',
      default: 'UTC',
    },
  ),
}) {}
