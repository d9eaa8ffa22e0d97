export * from './dispatch';
export * from './messaging.module';
export * from './prune-outbox';
export * from './queues';
export * from './schedule';
export * from './settings';
export * from './subscriber';
export * from './subscribers';
