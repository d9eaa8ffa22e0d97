export * from './application.module';
export { Cache } from './cache';
export * from './cached';
export * from './commands';
export * from './context';
export { OutboxPublisher } from './event-bus';
export * from './personal-data';
export * from './queries';
export * from './rebuild';
