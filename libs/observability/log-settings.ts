import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Log level and names. */
export class LogSettings extends defineSettings('Logs', {
  level: setting('LOG_LEVEL', z.enum(levels), {
    default: 'info',
    doc: `Lowest level that is logged: ${levels.join(', ')}.`,
  }),
  serviceName: setting('SERVICE_NAME', z.string().min(1), {
    default: 'rookery',
    doc: 'service.name in every line; api and worker set their own.',
  }),
  serviceVersion: setting('SERVICE_VERSION', z.string().min(1), {
    default: process.env.npm_package_version ?? '0.1.0',
    doc: 'service.version in every line.',
  }),
}) {}
