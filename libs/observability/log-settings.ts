import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Log level and service names. */
export class LogSettings extends defineSettings('Logs', {
  level: setting('LOG_LEVEL', z.enum(levels), {
    default: 'info',
    doc: `Minimum level that is logged: ${levels.join(', ')}.`,
  }),
  serviceName: setting('SERVICE_NAME', z.string().min(1), {
    default: 'rookery',
    doc: 'Value of service.name in every log line; api and worker set their own.',
  }),
  serviceVersion: setting('SERVICE_VERSION', z.string().min(1), {
    default: process.env.npm_package_version ?? '0.1.0',
    doc: 'Value of service.version in every log line.',
  }),
}) {}
