import { defineContext } from '@rookery/application';
import { ProbeEffects } from './settings';
import { Bells, bellSchema } from './storage/bells';
import { Counters, counterSchema } from './storage/counters';

/** A bounded context only for tests and benchmarks: its effects show whether event delivery keeps its guarantees. */
export const probe = defineContext('probe', __dirname, {
  tags: { Probe: 'Effects that show whether the event spine keeps its promises.' },
  schemas: [bellSchema, counterSchema],
  providers: [Bells, Counters, ProbeEffects],
});
