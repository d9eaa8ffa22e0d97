export * from './circuit-breaker';
export * from './connections';
export * from './redis.module';
export * from './settings';
export * from './time-limit';
