export * from './connections';
export * from './redis.module';
export * from './settings';
