import { defineContext } from '@rookery/application';
import { ProbeEffects } from './settings';
import { Bells, bellSchema } from './storage/bells';
import { Counters, counterSchema } from './storage/counters';

/** A bounded context for tests and benches alone: its effects show whether the event spine keeps its promises. */
export const probe = defineContext('probe', __dirname, {
  tags: { Probe: 'Effects that show whether the event spine keeps its promises.' },
  schemas: [bellSchema, counterSchema],
  providers: [Bells, Counters, ProbeEffects],
});
