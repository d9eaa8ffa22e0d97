import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Where the probe's effects outside the database go. */
export class ProbeEffects extends defineSettings('Probe', {
  url: setting('PROBE_EFFECTS_URL', z.url(), {
    doc: 'Takes POSTs with an idempotency key.',
    default: 'http://127.0.0.1:9/',
  }),
}) {}
