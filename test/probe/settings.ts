import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** The receiver of the probe's external effects. */
export class ProbeEffects extends defineSettings('Probe', {
  url: setting('PROBE_EFFECTS_URL', z.url(), {
    doc: 'Takes POSTs with an idempotency key.',
    default: 'http://127.0.0.1:9/',
  }),
}) {}
