export * from './context';
export { LogSettings } from './log-settings';
export { createLogger, type Logger, LoggingModule, rootLogger } from './logging';
export { counter, gauge, histogram, registry } from './metrics';
export { MetricsModule } from './metrics.module';
export { redact, redactText } from './redact';
export { logRequests } from './request-log';
export { measureRequests } from './request-metrics';
export { inSpan } from './tracing';
