import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** A counter went up by one. */
export const CounterIncremented = defineEvent(
  'probe.counter-incremented',
  1,
  z.object({ commandId: z.uuid() }),
);

/** A counter reached a multiple of ten. */
export const TenReached = defineEvent('probe.ten-reached', 1, z.object({ commandId: z.uuid() }));

/** A bell was rung; it has no effects, for benchmarks. */
export const BellRung = defineEvent('probe.bell-rung', 1, z.object({}));
